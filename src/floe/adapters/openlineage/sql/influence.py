"""How an SQL expression passes its columns on: unchanged, changed, counted, or only as a reason."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, TypeAlias

from sqlglot import exp

from floe.domain.model.column_lineage import Influence

_ORDER = (Influence.IDENTITY, Influence.TRANSFORMATION, Influence.AGGREGATION)
_DIGESTS = (
    exp.CityHash64,
    exp.FarmFingerprint,
    exp.MD5,
    exp.MD5Digest,
    exp.MD5NumberLower64,
    exp.MD5NumberUpper64,
    exp.SHA,
    exp.SHA1Digest,
    exp.SHA2,
    exp.SHA2Digest,
    exp.StandardHash,
)
_COUNTS = (exp.Count, exp.CountIf, exp.ApproxDistinct, exp.HashAgg, exp.Hll)
_DIGEST_NAMES = ("hash", "md5", "sha", "hmac", "fingerprint", "tokenize", "mask")
_TRANSPARENT = (exp.Paren, exp.Alias, exp.IgnoreNulls, exp.RespectNulls, exp.Ordered)


class Way(NamedTuple):
    """One way from a column to where it is used."""

    influence: Influence
    masking: bool = False


Ways: TypeAlias = frozenset[Way]
"""Every way from one column to where it is used."""
AS_IS = Way(Influence.IDENTITY)
ONLY_AS_IS: Ways = frozenset({AS_IS})
_CHANGED = Way(Influence.TRANSFORMATION)
_MASKED = Way(Influence.TRANSFORMATION, masking=True)
_COUNTED = Way(Influence.AGGREGATION, masking=True)
_AGGREGATED = Way(Influence.AGGREGATION)


def indirect(influence: Influence) -> Way:
    """Return the way of a column that is only a reason: of a join, a filter, an order."""
    return Way(influence)


def behind(outer: Way, inner: Way) -> Way:
    """Return the whole way when *outer* is applied to what comes by *inner*.

    The first indirect step from the inside stays; of direct steps the strongest counts; what is
    masked once stays masked.
    """
    return _BEHIND[outer, inner]


def all_behind(outer: Way, inner: Ways) -> Ways:
    """Return the whole ways when *outer* is applied to what comes by each of *inner*."""
    return inner if outer is AS_IS else _all_behind(outer, inner)


@cache
def _all_behind(outer: Way, inner: Ways) -> Ways:
    return frozenset(behind(outer, way) for way in inner)


def _behind(outer: Way, inner: Way) -> Way:
    if not inner.influence.is_direct:
        return inner
    if not outer.influence.is_direct:
        return Way(outer.influence)
    strongest = max(outer.influence, inner.influence, key=_ORDER.index)
    return Way(strongest, outer.masking or inner.masking)


_ALL = [Way(influence, masking) for influence in Influence for masking in (False, True)]
_BEHIND = {(outer, inner): _behind(outer, inner) for outer in _ALL for inner in _ALL}


def steps(node: exp.Expr) -> Iterator[tuple[exp.Expr, Way]]:
    """Yield the parts of *node* with the way by which each gets into its value."""
    way = common_step(node)
    if way is None:
        yield from uneven_steps(node)
        return
    for child in node.iter_expressions():
        yield child, way


def common_step(node: exp.Expr) -> Way | None:
    """Return the way by which all parts of *node* get into its value; None if each has its own."""
    way = _WAYS[type(node)]
    if way is _CHANGED and isinstance(node, exp.Anonymous) and _is_named_digest(node):
        return _MASKED
    return way


def uneven_steps(node: exp.Expr) -> Iterator[tuple[exp.Expr, Way]]:
    """Yield the parts of *node*, which has no step in common, each with its way."""
    match node:
        case exp.Case():
            yield from _branches(node)
        case exp.If():
            yield from _if(node)
        case exp.Window():
            yield from _window(node)
        case exp.Filter():
            yield node.this, AS_IS
            yield node.expression, indirect(Influence.FILTER)
        case exp.WithinGroup():
            yield node.this, AS_IS
            yield node.expression, _AGGREGATED


def _way_of(kind: type[exp.Expr]) -> Way | None:
    if issubclass(kind, (exp.Case, exp.If, exp.Window, exp.Filter, exp.WithinGroup)):
        return None
    if issubclass(kind, _TRANSPARENT):
        return AS_IS
    if issubclass(kind, _DIGESTS):
        return _MASKED
    if issubclass(kind, _COUNTS):
        return _COUNTED
    return _AGGREGATED if issubclass(kind, exp.AggFunc) else _CHANGED


class _Ways(dict[type[exp.Expr], Way | None]):
    def __missing__(self, kind: type[exp.Expr]) -> Way | None:
        self[kind] = way = _way_of(kind)
        return way


_WAYS = _Ways()


def _is_named_digest(node: exp.Anonymous) -> bool:
    name = str(node.this).lower()
    return any(part in name for part in _DIGEST_NAMES)


def _branches(case: exp.Case) -> Iterator[tuple[exp.Expr, Way]]:
    if case.this is not None:
        yield case.this, indirect(Influence.CONDITIONAL)
    for branch in case.args.get("ifs") or ():
        yield from _if(branch)
    if case.args.get("default") is not None:
        yield case.args["default"], _CHANGED


def _if(branch: exp.If) -> Iterator[tuple[exp.Expr, Way]]:
    yield branch.this, indirect(Influence.CONDITIONAL)
    for name in ("true", "false"):
        if branch.args.get(name) is not None:
            yield branch.args[name], _CHANGED


def _window(window: exp.Window) -> Iterator[tuple[exp.Expr, Way]]:
    yield window.this, AS_IS
    for partition in window.args.get("partition_by") or ():
        yield partition, indirect(Influence.WINDOW)
    if window.args.get("order") is not None:
        yield window.args["order"], indirect(Influence.WINDOW)
