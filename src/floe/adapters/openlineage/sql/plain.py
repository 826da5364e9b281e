"""Trace the columns of a plain query as it stands, which most models of a project are.

Plain is what names its columns by the sources right beside it: SELECT, WITH, JOIN ... ON, UNION,
stars over known relations. There a name means one thing, and a query need not be rewritten to find
out which. Whatever is not known to be plain is left to those who rewrite it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from floe.adapters.openlineage.sql.influence import (
    AS_IS,
    ONLY_AS_IS,
    Way,
    behind,
    common_step,
    indirect,
    uneven_steps,
)
from floe.adapters.openlineage.sql.origins import (
    Origins,
    Output,
    Resolved,
    carry,
    lineage_of,
    united,
)
from floe.adapters.openlineage.sql.plain_names import (
    TRANSPARENCY,
    NotPlainError,
    Scope,
    Source,
    names_of,
    names_stand_alone,
    only,
    only_source,
    opened_relation,
    starred,
)
from floe.adapters.openlineage.sql.query import InputRelation, folds, match_relation
from floe.domain.model.column_lineage import Influence, RelationLineage

_SELECT = {"expressions", "from_", "joins", "where", "group", "having", "qualify", "order"}
_SELECT |= {"with_", "distinct", "limit", "offset"}
_COLUMN = {"this", "table"}
_JOIN = {"this", "on", "side", "kind"}
_JOIN_KINDS = {"", "INNER", "CROSS", "OUTER"}


def trace_plain_columns(
    query: exp.Query, relations: Sequence[InputRelation], dialect: Dialect
) -> RelationLineage | None:
    """Return the lineage of *query*, which is not changed; None where it is not a plain one."""
    if not names_stand_alone(dialect):
        return None
    walk = _PlainWalk(relations, dialect)
    try:
        root = walk.resolve(query, {})
    except (NotPlainError, RecursionError):
        return None
    if walk.read & walk.shadowed:
        return None
    passed = ("",) if root.relation is not None else ()
    return lineage_of(Resolved(dict(root.outputs), root.influences, passed))


class _PlainWalk:
    def __init__(self, relations: Sequence[InputRelation], dialect: Dialect) -> None:
        self._dialect = dialect
        self._folds = folds(dialect)
        self._names = names_of(dialect)
        self._relations = [
            (tuple([self._names[part, True].lower() for part in relation.parts]), relation)
            for relation in relations
        ]
        self.read: set[str] = set()
        self.shadowed: set[str] = set()

    def resolve(self, query: exp.Expr, around: Mapping[str, Source]) -> Source:
        """Return what *query* makes, where the common table expressions *around* are seen."""
        args = query.args
        if args.get("with_") is not None:
            around = self._with(args["with_"], around)
        kind = type(query)
        if kind is exp.Select:
            return self._select(query, around)
        if kind not in {exp.Union, exp.Except, exp.Intersect}:
            raise NotPlainError
        only(query, {"this", "expression", "distinct", "with_"})
        left, right = (self.resolve(args[side], around) for side in ("this", "expression"))
        if left.relation is not None or right.relation is not None:
            raise NotPlainError
        made = united(
            query,  # type: ignore[arg-type]  # one of the three kinds
            Resolved(dict(left.outputs), left.influences),
            Resolved(dict(right.outputs), right.influences),
        )
        return Source(made.outputs, made.influences)

    def _with(self, with_: exp.Expr, around: Mapping[str, Source]) -> Mapping[str, Source]:
        only(with_, {"expressions"})
        seen = dict(around)
        for cte in with_.args["expressions"]:
            only(cte, {"this", "alias", "materialized"})
            name = self._alias(cte)
            if name in seen or not name:
                raise NotPlainError
            self.shadowed.add(name.lower())
            seen[name] = self.resolve(cte.args["this"], seen)
        return seen

    def _select(self, select: exp.Expr, around: Mapping[str, Source]) -> Source:
        only(select, _SELECT)
        sources = dict(self._sources(select, around))
        projections = select.args["expressions"]
        opened = opened_relation(projections, sources)
        scope = Scope(sources, self._aliases(projections, sources), {})
        outputs = self._outputs(projections, scope) if opened is None else {}
        return Source(outputs, self._influences(select, scope, outputs), opened)

    def _aliases(
        self, projections: Sequence[exp.Expr], sources: Mapping[str, Source]
    ) -> Collection[str]:
        if all(source.relation is None for source in sources.values()):
            return ()
        return {self._name(item.args["alias"]) for item in projections if type(item) is exp.Alias}

    def _sources(
        self, select: exp.Expr, around: Mapping[str, Source]
    ) -> Iterator[tuple[str, Source]]:
        args = select.args
        from_, joins = args.get("from_"), args.get("joins") or ()
        if from_ is None:
            if joins:
                raise NotPlainError
            return
        only(from_, {"this"})
        names = set()
        for item in (from_, *joins):
            name, source = self._source(item.args["this"], around)
            if name in names or (joins and not name):
                raise NotPlainError
            names.add(name)
            yield name, source
        for join in joins:
            only(join, _JOIN)
            if join.args.get("kind") and join.kind not in _JOIN_KINDS:
                raise NotPlainError

    def _source(self, item: exp.Expr, around: Mapping[str, Source]) -> tuple[str, Source]:
        if type(item) is exp.Subquery:
            only(item, {"this", "alias"})
            return self._alias(item), self.resolve(item.args["this"], around)
        if type(item) is not exp.Table:
            raise NotPlainError
        only(item, {"this", "db", "catalog", "alias"})
        args = item.args
        parts = tuple(
            [self._name(args[part]) for part in ("catalog", "db", "this") if args.get(part)]
        )
        name = self._alias(item) or parts[-1]
        if len(parts) == 1 and parts[0] in around:
            return name, around[parts[0]]
        folded = tuple([part.lower() for part in parts])
        relation = match_relation(folded, self._relations)
        if relation is None:
            raise NotPlainError
        if len(parts) == 1:
            self.read.add(folded[0])
        return name, self._relation(relation)

    def _relation(self, relation: InputRelation) -> Source:
        names, unique_id = self._names, relation.unique_id
        if not relation.columns:
            return Source({}, {}, unique_id)
        outputs = {
            column if self._folds else names[column, True]: Output(
                column, kind, {(unique_id, column): ONLY_AS_IS}
            )
            for column, kind in relation.columns.items()
        }
        return Source(outputs, {})

    def _outputs(self, projections: Sequence[exp.Expr], scope: Scope) -> dict[str, Output]:
        outputs: dict[str, Output] = {}
        count = 0
        for projection in projections:
            if projection.is_star:
                for source in starred(projection, scope.sources, self._names):
                    if source.relation is not None:
                        raise NotPlainError
                    outputs |= source.outputs
                    count += len(source.outputs)
            else:
                name, output = self._output(projection, scope)
                outputs[name] = output
                count += 1
        if count != len(outputs):
            raise NotPlainError
        return outputs

    def _output(self, projection: exp.Expr, scope: Scope) -> tuple[str, Output]:
        kind = type(projection)
        if kind is exp.Column:
            return self._name(projection.args["this"]), self._column(projection, scope)
        if kind is exp.Alias:
            return self._named(projection, scope)
        raise NotPlainError

    def _named(self, projection: exp.Expr, scope: Scope) -> tuple[str, Output]:
        value, alias = projection.args["this"], projection.args["alias"]
        name = self._name(alias)
        spelling = name if self._folds else str(alias.args["this"])
        if type(value) is exp.Column:
            _, data_type, origins = self._column(value, scope)
            return name, Output(spelling, data_type, origins)
        origins = {}
        self._trace(value, scope, AS_IS, origins)
        data_type = None
        if isinstance(value, exp.Cast):
            data_type = _written(value.args["to"], self._dialect)
        return name, Output(spelling, data_type, origins)

    def _influences(self, select: exp.Expr, scope: Scope, outputs: Mapping[str, Output]) -> Origins:
        found: Origins = {}
        for source in scope.sources.values():
            carry(found, source.influences, AS_IS)
        args = select.args
        for join in args.get("joins") or ():
            self._clause(join.args.get("on"), scope, Influence.JOIN, found)
        self._clause(args.get("where"), scope, Influence.FILTER, found)
        aliased = Scope(scope.sources, scope.aliases, outputs)
        for clause in ("having", "qualify"):
            self._clause(args.get(clause), aliased, Influence.FILTER, found)
        group, order, distinct = args.get("group"), args.get("order"), args.get("distinct")
        if group is not None:
            self._group(group, scope, list(outputs.values()), found)
        if order is not None:
            if group is not None or any(_is_number(item.this) for item in order.expressions):
                raise NotPlainError
            self._trace(order, aliased, indirect(Influence.SORT), found)
        if distinct is not None:
            only(distinct, set())
        return found

    def _clause(
        self, clause: exp.Expr | None, scope: Scope, influence: Influence, found: Origins
    ) -> None:
        if clause is None:
            return
        if isinstance(clause, (exp.Where, exp.Having, exp.Qualify)):
            clause = clause.args["this"]
        self._trace(clause, scope, indirect(influence), found)

    def _group(
        self, group: exp.Expr, scope: Scope, outputs: Sequence[Output], found: Origins
    ) -> None:
        only(group, {"expressions"})
        way = indirect(Influence.GROUP_BY)
        for item in group.expressions:
            if _is_number(item):
                place = int(item.this) - 1
                if not 0 <= place < len(outputs):
                    raise NotPlainError
                carry(found, outputs[place].origins, way)
            else:
                self._trace(item, scope, way, found)

    def _trace(self, node: exp.Expr, scope: Scope, way: Way, found: Origins) -> None:
        kind = type(node)
        if kind is exp.Column:
            carry(found, self._column(node, scope).origins, way)
            return
        if kind is exp.Star:
            only(node, set())
            return
        if not TRANSPARENCY[kind]:
            return
        step = common_step(node)
        if step is None:
            for child, own in uneven_steps(node):
                self._trace(child, scope, behind(way, own), found)
            return
        way = behind(way, step)
        for child in node.iter_expressions():
            self._trace(child, scope, way, found)

    def _column(self, column: exp.Expr, scope: Scope) -> Output:
        args = column.args
        only(column, _COLUMN)
        name = self._name(args["this"])
        if name.upper() in self._dialect.PSEUDOCOLUMNS:
            raise NotPlainError
        table = args.get("table")
        if table is not None:
            source = scope.sources.get(self._name(table))
            if source is None:
                raise NotPlainError
            return source.column(name)
        source = only_source(name, scope.sources)
        if source.relation is not None and name in scope.aliases:
            raise NotPlainError
        found = source.column(name)
        meant = scope.outputs.get(name)
        if meant is not None and meant.origins != found.origins:
            raise NotPlainError
        return found

    def _alias(self, item: exp.Expr) -> str:
        alias = item.args.get("alias")
        if alias is None:
            return ""
        only(alias, {"this"})
        return self._name(alias.args["this"])

    def _name(self, identifier: object) -> str:
        if type(identifier) is not exp.Identifier:
            raise NotPlainError
        args = identifier.args
        return self._names[args["this"], bool(args.get("quoted"))]


def _is_number(node: object) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string


def _written(data_type: exp.DataType, dialect: Dialect) -> str:
    """Return *data_type* as *dialect* writes it."""
    kind = data_type.this
    if any(value for key, value in data_type.args.items() if key != "this"):
        return data_type.sql(dialect=dialect)
    known = _WRITTEN.get((kind, dialect))
    if known is None:
        known = _WRITTEN[kind, dialect] = data_type.sql(dialect=dialect)
    return known


_WRITTEN: dict[tuple[object, Dialect], str] = {}
