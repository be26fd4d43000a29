"""One user's memories as an agent sees them that was granted to read and write all of them: a store like any other."""

import copy
from typing import Any

from langgraph.store.base import (
    BaseStore,
    GetOp,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    Result,
    SearchOp,
)

from memory.lifecycle.sharing.grants import Action, Grant, grants_namespace
from memory.lifecycle.sharing.sharing import SharedStore
from memory.long_term.rows.readers import ANY_KIND, Reader
from memory.long_term.statements.operations import PutIf
from memory.long_term.wrappers.wrapper import Wrapper
from memory.namespaces import owner_namespace

HOME = owner_namespace("ana")
GRANT = Grant("agent:tester", (ANY_KIND,), Action.WRITE)


class Granted(Wrapper):
    """Whatever namespace is asked for lies among the memories of one user, whose agent asks."""

    def __init__(self, inner: BaseStore) -> None:
        super().__init__(SharedStore(inner, Reader("ana", "tester")))
        self._owners = inner
        self._granted = False

    async def _abatch(self, ops: list[Op]) -> list[Result]:
        if not self._granted:
            await self._owners.aput(grants_namespace(HOME), GRANT.key, GRANT.to_value(), index=False)
            self._granted = True
        return [self._out(result) for result in await self.inner.abatch([_into(op) for op in ops])]

    def _out(self, result: Any) -> Any:
        if isinstance(result, list):
            return [self._out(each) for each in result]
        if isinstance(result, tuple):
            return result[len(HOME) :]
        if isinstance(result, Item):
            made = copy.copy(result)
            made.namespace = result.namespace[len(HOME) :]
            return made
        return result


def _into(op: Op) -> Op:
    if isinstance(op, PutIf):
        return PutIf(PutOp(_inside(op.namespace), *op[1:]), op.version)
    if isinstance(op, PutOp | GetOp):
        return op._replace(namespace=_inside(op.namespace))
    if isinstance(op, SearchOp):
        return op._replace(namespace_prefix=(*HOME, *op.namespace_prefix))
    if isinstance(op, ListNamespacesOp):
        given = op.match_conditions or ()
        paths = [
            MatchCondition("prefix", (*HOME, *each.path)) if each.match_type == "prefix" else each
            for each in given
        ]
        within = (
            [] if any(each.match_type == "prefix" for each in given) else [MatchCondition("prefix", HOME)]
        )
        depth = None if op.max_depth is None else op.max_depth + len(HOME)
        return op._replace(match_conditions=(*paths, *within), max_depth=depth)
    return op


def _inside(namespace: tuple[str, ...]) -> tuple[str, ...]:
    """An empty one is refused as it is."""
    return (*HOME, *namespace) if namespace else namespace
