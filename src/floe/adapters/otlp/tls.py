"""How to know a backend, and how to be known by it."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from floe.domain.model.errors import EnvironmentNotReadyError, Problem


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files: the authorities to trust instead of the system's, and a client's own identity."""

    ca_bundle: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return a context that verifies the backend.

        Raises:
            EnvironmentNotReadyError: A file cannot be read or is not what it should be.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_bundle)
            if self.client_certificate is not None:
                context.load_cert_chain(self.client_certificate, self.client_key)
        except (OSError, ssl.SSLError) as error:
            raise EnvironmentNotReadyError(self._problem(error)) from error
        return context

    def contents(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        """Return the contents of the authorities, the key and the certificate.

        Raises:
            EnvironmentNotReadyError: A file cannot be read.
        """
        try:
            return (
                self.ca_bundle.read_bytes() if self.ca_bundle else None,
                self.client_key.read_bytes() if self.client_key else None,
                self.client_certificate.read_bytes() if self.client_certificate else None,
            )
        except OSError as error:
            raise EnvironmentNotReadyError(self._problem(error)) from error

    def _problem(self, error: OSError) -> Problem:
        files = (self.ca_bundle, self.client_certificate, self.client_key)
        where = ", ".join(str(file) for file in files if file is not None)
        fix = "give PEM files that can be read"
        return Problem(f"TLS for telemetry: {error.strerror or error}", where, fix)
