"""Keep known secrets out of everything that leaves: text, and values nested in structures."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Self
from urllib.parse import quote, quote_plus

MASK = "*****"
SHORTEST_SECRET = 4
"""Characters; masking shorter values would garble every text that happens to hold them."""
_SECRET_NAME = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|PRIVATE_KEY|API_?KEY|ACCESS_KEY|CREDENTIALS_JSON",
    re.IGNORECASE,
)
_PATH_NAME = re.compile(r"(PATH|FILE|DIR|URL|URI|NAME|METHOD|TYPE)$", re.IGNORECASE)


class Redactor:
    """Masks the secrets it was given, in every form in which they are likely to appear.

    Forms: as is, line by line, escaped for JSON, quoted for URLs, and in base64 at any offset.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._wanted = tuple(longest_first)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    @classmethod
    def of_environment(cls, environ: Mapping[str, str], names: Iterable[str] = ()) -> Self:
        """Return a redactor for the variables *names* and all that are named like a secret."""
        wanted = set(names) | {name for name in environ if is_secret_name(name)}
        return cls(environ[name] for name in wanted if name in environ)

    def text(self, text: str) -> str:
        """Return *text* with every known secret masked."""
        if self._pattern is None or not self.finds(text):
            return text
        return self._pattern.sub(MASK, text)

    def finds(self, text: str) -> bool:
        """Return whether *text* holds a known secret; one look for each form is faster than all."""
        for form in self._wanted:  # noqa: SIM110 - any() takes twice as long
            if form in text:
                return True
        return False

    def value(self, value: object) -> object:
        """Return *value*, or a copy of it in which every string, keys included, is masked."""
        if self._pattern is None or not self.finds("\0".join(_strings(value))):
            return value
        return self._masked(value)

    def _masked(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._masked(key): self._masked(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._masked(item) for item in value]
        return value


def is_secret_name(name: str) -> bool:
    """Return whether the variable *name* is named like one that holds a secret."""
    return bool(_SECRET_NAME.search(name)) and not _PATH_NAME.search(name)


def _strings(value: object) -> Iterator[str]:
    """Yield every string in *value*, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(key)
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def _forms(secret: str) -> set[str]:
    whole = secret.strip()
    lines = {line.strip() for line in secret.splitlines()} if "\n" in whole else set()
    forms: set[str] = set()
    for text in {secret, whole} | lines:
        if len(text) < SHORTEST_SECRET:
            continue
        escaped = json.dumps(text)[1:-1]
        literal = json.dumps(text, ensure_ascii=False)[1:-1]
        forms |= {text, escaped, literal, quote(text, safe=""), quote(text), quote_plus(text)}
        forms |= set(_base64_forms(text.encode()))
    return {form for form in forms if len(form) >= SHORTEST_SECRET}


def _base64_forms(secret: bytes) -> Iterable[str]:
    """Yield the characters that *secret* alone decides, wherever it starts in encoded bytes."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + secret)
        first = -(-offset * 8 // 6)
        last = (offset + len(secret)) * 8 // 6
        core = encoded[first:last].decode()
        if len(core) >= 2 * SHORTEST_SECRET:
            yield core
            yield core.replace("+", "-").replace("/", "_")
