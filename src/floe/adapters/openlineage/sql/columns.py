"""Trace every output column of a query to the columns it is made from, in one walk.

Each scope of the query is resolved once, inner before outer, for all its columns together.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from floe.adapters.openlineage.sql.influence import (
    AS_IS,
    ONLY_AS_IS,
    Way,
    behind,
    indirect,
    steps,
)
from floe.adapters.openlineage.sql.origins import (
    Base,
    Origins,
    Output,
    Resolved,
    add,
    carry,
    lineage_of,
    pairs,
    through,
    united,
)
from floe.adapters.openlineage.sql.query import SPELLING, InputRelation, Query, normalized
from floe.domain.model.column_lineage import Influence, RelationLineage

_NOTHING = Resolved({}, {})
_UNPIVOTED = Way(Influence.TRANSFORMATION)


def trace_columns(query: Query) -> RelationLineage:
    """Return the lineage of the outermost scope of *query*."""
    walk = _Walk(query)
    for scope in query.scopes:
        walk.visit(scope)
    return lineage_of(walk.resolved(query.scopes[-1]))


class _Walk:
    def __init__(self, query: Query) -> None:
        self._query = query
        self._done: dict[int, Resolved] = {}
        self._by_expression: dict[int, Resolved] = {}
        self._turning: set[int] = set()
        self._columns: dict[tuple[int, int], Output] = {}
        self._spellings = {
            name: _spellings(relation, query) for name, relation in query.relations.items()
        }

    def resolved(self, scope: Scope) -> Resolved:
        """Return what is known of *scope*: nothing of one that is still open (recursion)."""
        return self._done.get(id(scope), _NOTHING)

    def visit(self, scope: Scope) -> None:
        """Resolve *scope*, whose inner scopes are resolved already."""
        self._columns.clear()  # what is known of sources is more now
        if isinstance(scope.expression, exp.SetOperation):
            found = self._union(scope.expression)
        elif isinstance(scope.expression, exp.Select):
            found = self._select(scope, scope.expression)
        else:
            found = self._table_function(scope)
        self._done[id(scope)] = found
        self._by_expression[id(scope.expression)] = found

    def _select(self, scope: Scope, select: exp.Select) -> Resolved:
        outputs: dict[str, Output] = {}
        passed: list[str] = []
        for projection in select.selects:
            if projection.is_star:
                table = projection.args.get("table")
                passed += (
                    [table.name] if table is not None else list(scope.selected_sources) or [""]
                )
                continue
            if projection.find(exp.Columns) is not None:  # any number of columns, by a pattern
                passed.append("")
            elif projection.alias_or_name:
                outputs[projection.alias_or_name] = self._output(projection, scope)
            else:
                passed.append("")
        return Resolved(outputs, self._influences(scope, select, outputs), tuple(passed))

    def _output(self, projection: exp.Expr, scope: Scope) -> Output:
        value = projection.unalias()
        origins: Origins = {}
        add(origins, self._trace(value, scope, AS_IS))
        return Output(
            self._spelling(projection, value, scope), self._data_type(value, scope), origins
        )

    def _influences(
        self, scope: Scope, select: exp.Select, outputs: Mapping[str, Output]
    ) -> Origins:
        found: Origins = {}
        for source in scope.selected_sources.values():
            if isinstance(source[1], Scope):
                carry(found, self.resolved(source[1]).influences, AS_IS)
        for expression, influence in (*_clauses(select), *_grouped_by_all(select)):
            way = indirect(influence)
            add(found, self._trace(expression, scope, way))
            for column in _aliases(expression, outputs):
                carry(found, outputs[column].origins, way)
        return found

    def _union(self, union: exp.SetOperation) -> Resolved:
        left, right = (
            self._by_expression.get(id(branch.unnest()), _NOTHING)
            for branch in (union.this, union.expression)
        )
        return united(union, left, right)

    def _table_function(self, scope: Scope) -> Resolved:
        """Resolve an UNNEST or the like: each column it makes comes from all that it reads."""
        this = scope.expression.this
        if isinstance(scope.expression, exp.Lateral) and isinstance(this, exp.Query):
            return self._by_expression.get(id(this.unnest()), _NOTHING)
        origins: Origins = {}
        add(origins, self._trace(scope.expression, scope, Way(Influence.TRANSFORMATION)))
        alias = scope.expression.args.get("alias")
        names = [item.name for item in alias.columns] if isinstance(alias, exp.TableAlias) else []
        outputs = {name: Output(name, None, origins) for name in names}
        outputs[""] = Output("", None, origins)
        return Resolved(outputs, {})

    def _trace(self, node: exp.Expr, scope: Scope, way: Way) -> Iterator[tuple[Base, Way]]:
        if isinstance(node, exp.Column):
            yield from through(pairs(self._column(node, scope).origins), way)
            return
        if isinstance(node, exp.TableColumn):
            yield from through(self._row(scope.sources.get(node.name), node.name, scope), way)
            return
        if isinstance(node, exp.Query):
            inner = self._by_expression.get(id(node.unnest()), _NOTHING)
            for output in inner.outputs.values():
                yield from through(pairs(output.origins), way)
            yield from pairs(inner.influences)
            return
        for child, step in (*steps(node), *_named_window(node, scope)):
            yield from self._trace(child, scope, behind(way, step))

    def _column(self, column: exp.Column, scope: Scope) -> Output:
        """Return what *column* means in *scope*: for its origins, its spelling and its type."""
        if self._turning:  # a column of the relation that is being turned means another one
            return self._found(column, scope)
        key = id(column), id(scope)
        known = self._columns.get(key)
        if known is None:
            known = self._columns[key] = self._found(column, scope)
        return known

    def _found(self, column: exp.Column, scope: Scope) -> Output:
        name = column.name
        around: Scope | None = scope
        while around is not None:
            tables = [column.table] if column.table else _readable(around)
            for table in tables:
                found = self._source_column(around.sources.get(table), name, around)
                if found is not None:
                    return found
            for pivot in around.pivots:
                if id(pivot) not in self._turning and (pivot.alias in tables or not column.table):
                    return self._pivoted(pivot, name, around)
            around = around.parent
        return Output(name, None, {})

    def _row(self, source: object, name: str, scope: Scope) -> Iterator[tuple[Base, Way]]:
        """Yield all columns of *source*, which stands for its whole row."""
        for column in self._names_of(source) or (name,):
            found = self._source_column(source, column, scope)
            yield from pairs(found.origins) if found is not None else ()

    def _pivoted(self, pivot: exp.Pivot, name: str, scope: Scope) -> Output:
        """Return a column of a relation that was turned: a new one, or one that it had before."""
        turned = pivot.parent
        source = scope.sources.get(turned.alias_or_name) if turned is not None else None
        new = [item.name for item in pivot.args.get("columns") or ()]
        kept = self._renamed(pivot, name, len(new), source)
        if kept is not None:
            return self._source_column(source, kept, scope) or Output(name, None, {})
        if name not in new:
            found = self._source_column(source, name, scope)
            if found is not None:
                return found
        origins: Origins = {}
        self._turning.add(id(pivot))
        for expression in pivot.expressions:
            add(origins, self._trace(expression, scope, AS_IS))
        reason = indirect(Influence.CONDITIONAL)
        for field in pivot.args.get("fields") or ():
            way = _UNPIVOTED if pivot.args.get("unpivot") else reason
            add(origins, self._trace(field, scope, way))
        self._turning.discard(id(pivot))
        return Output(name, None, origins)

    def _renamed(self, pivot: exp.Pivot, name: str, new: int, source: object) -> str | None:
        """Return what the column *name* of *pivot* was called before, "" where that is not known.

        None if it is not one that was kept: an alias may name all columns anew, first those that
        the relation keeps, then the *new* ones.
        """
        alias = pivot.args.get("alias")
        names = [column.name for column in alias.columns] if alias is not None else []
        if name not in names[: len(names) - new] or not new:
            return None
        turned = (*pivot.expressions, *(pivot.args.get("fields") or ()))
        used = {column.name for part in turned for column in part.find_all(exp.Column)}
        kept = [column for column in self._names_of(source) if column not in used]
        return kept[names.index(name)] if len(kept) == len(names) - new else ""

    def _names_of(self, source: object) -> Collection[str]:
        if isinstance(source, Scope):
            return self.resolved(source).outputs
        return self._spellings.get(source.name, ()) if isinstance(source, exp.Table) else ()

    def _source_column(self, source: object, name: str, scope: Scope) -> Output | None:
        """Return the column *name* of *source*, one of those of *scope*."""
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Func):
            origins: Origins = {}
            add(origins, self._trace(source.this, scope, Way(Influence.TRANSFORMATION)))
            return Output(name, None, origins)
        if isinstance(source, exp.Table):
            return self._base_column(source, name)
        if not isinstance(source, Scope):
            return None
        inner = self.resolved(source)
        if name in inner.outputs or "" in inner.outputs:
            return inner.outputs.get(name) or inner.outputs[""]._replace(spelling=name)
        for passed in inner.passed:
            found = self._source_column(source.sources.get(passed), name, source)
            if found is not None:
                return found
        return None

    def _base_column(self, table: exp.Table, name: str) -> Output | None:
        if table.name not in self._query.relations:
            return None
        columns = self._spellings[table.name]
        if columns and name not in columns:
            return None
        spelling, data_type = columns.get(name, (name, None))
        unique_id = self._query.relations[table.name].unique_id
        return Output(spelling, data_type, {(unique_id, spelling): ONLY_AS_IS})

    def _spelling(self, projection: exp.Expr, value: exp.Expr, scope: Scope) -> str:
        """Return the name as the warehouse will show it: as written first, where it keeps that."""
        if self._query.folds:
            return projection.alias_or_name
        alias = projection.args.get("alias")
        if isinstance(alias, exp.Identifier) and SPELLING in alias.meta:
            return str(alias.meta[SPELLING])
        if isinstance(value, exp.Column) and value.name == projection.alias_or_name:
            return self._column(value, scope).spelling
        return projection.alias_or_name

    def _data_type(self, value: exp.Expr, scope: Scope) -> str | None:
        if isinstance(value, exp.Cast):
            return value.to.sql(dialect=self._query.dialect)
        if isinstance(value, exp.Column):
            return self._column(value, scope).data_type
        return None


def _spellings(relation: InputRelation, query: Query) -> dict[str, tuple[str, str | None]]:
    """Return normalized name → name as it is, and data type, for the columns of *relation*."""
    keep = query.folds
    return {
        name if keep else normalized(name, query.dialect): (name, data_type)
        for name, data_type in relation.columns.items()
    }


def _named_window(node: exp.Expr, scope: Scope) -> Iterator[tuple[exp.Expr, Way]]:
    """Yield the parts of the definition that an ``OVER name`` refers to."""
    name = node.alias if isinstance(node, exp.Window) else ""
    for definition in scope.expression.args.get("windows") or () if name else ():
        if definition.name == name:
            yield from steps(definition)


def _clauses(select: exp.Select) -> Iterator[tuple[exp.Expr, Influence]]:
    """Yield the parts of *select* that shape all its rows."""
    for join in select.args.get("joins") or ():
        if join.args.get("on") is not None:
            yield join.args["on"], Influence.JOIN
    wanted: Sequence[tuple[str, Influence]] = (
        ("where", Influence.FILTER),
        ("group", Influence.GROUP_BY),
        ("having", Influence.FILTER),
        ("qualify", Influence.FILTER),
        ("order", Influence.SORT),
    )
    for name, influence in wanted:
        if select.args.get(name) is not None:
            yield select.args[name], influence
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        yield distinct.args["on"], Influence.FILTER


def _grouped_by_all(select: exp.Select) -> Iterator[tuple[exp.Expr, Influence]]:
    """Yield what ``GROUP BY ALL`` groups by: whatever is no aggregate."""
    group = select.args.get("group")
    for projection in select.selects if group is not None and group.args.get("all") else ():
        if projection.find(exp.AggFunc) is None:
            yield projection.unalias(), Influence.GROUP_BY


def _readable(scope: Scope) -> list[str]:
    """Return the sources whose columns need no qualifier: tables first, then lateral ones."""
    lateral = [
        name
        for name, source in scope.sources.items()
        if isinstance(source, Scope)
        and isinstance(source.expression, exp.Lateral)
        and name not in scope.selected_sources
    ]
    return [*scope.selected_sources, *lateral]


def _aliases(expression: exp.Expr, outputs: Mapping[str, Output]) -> Iterator[str]:
    """Yield the names in *expression* that mean a column of the very same SELECT."""
    for column in expression.find_all(exp.Column):
        if not column.table and column.name in outputs:
            yield column.name
