"""What a search asks the tables, and what it makes of their answer. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final, cast

from psycopg.rows import DictRow

from memory.long_term.language.lexemes import Lexicon
from memory.long_term.ranking import lanes
from memory.long_term.ranking.candidates import Candidates
from memory.long_term.ranking.document import Lane
from memory.long_term.ranking.lanes import Query, Scope, Told
from memory.long_term.ranking.question import Question
from memory.long_term.ranking.recipes import Recipe
from memory.long_term.ranking.spaces import Space
from memory.long_term.statements import reads
from memory.long_term.statements.operations import Search
from memory.long_term.statements.plans import Plan

MANY: Final = 2_000
"""Memories of one owner from which on a search looks for their words while the query is embedded."""


def first_query(plan: Plan, space: Space | None, lexicon: Lexicon) -> Query | None:
    """What a search asks first, its vectors being there; None for what is no search."""
    search, scope, question = plan.search, plan.scope, plan.question
    if search is None or scope is None:
        return None
    limit, offset = search.op.limit, search.op.offset
    if question is not None and plan.is_fused:
        return _candidates(plan, search.recipe, space, lexicon)
    if question is None or space is None:
        return reads.listing(scope, limit, offset)
    asked = partial(lanes.nearest, scope, space, plan.vectors[Lane.STATED], limit=limit, offset=offset)
    plan.deeper = partial(asked, deep=True)
    return asked()


def words_ahead(plans: Sequence[Plan]) -> Plan | None:
    """The one search among these reads whose words are worth a statement of their own, which needs no vector."""
    found = [plan for plan in plans if _seeks_words(plan)]
    return found[0] if len(found) == 1 else None


def _seeks_words(plan: Plan) -> bool:
    if plan.search is None or plan.scope is None or plan.question is None:
        return False
    recipe, words = plan.search.recipe, plan.question.words
    is_large = plan.scope.is_one_owners and plan.profile.memories >= MANY
    return is_large and bool(recipe.vectors and recipe.keyword and words)


def words_query(plan: Plan, lexicon: Lexicon) -> Query:
    """What is asked of the words alone."""
    recipe = cast(Search, plan.search).recipe
    return _candidates(plan, replace(recipe, vector=0.0, context=0.0, temporal=0.0), None, lexicon)


def told_in(row: DictRow | None) -> Told:
    """The answer to `words_query`."""
    return (row or {}).get("id") or [], (row or {}).get("keyword") or []


def _candidates(plan: Plan, recipe: Recipe, space: Space | None, lexicon: Lexicon) -> Query:
    scope, question = cast(Scope, plan.scope), cast(Question, plan.question)
    words = dict.fromkeys(lexicon.dimension(plan.owner, word) for word in question.words)
    return lanes.candidates(
        scope,
        space,
        question,
        vectors=plan.vectors,
        words=lanes.Words(list(words), plan.profile.memories),
        recipe=recipe,
        told=plan.told,
    )


def found_in(row: DictRow | None, lexicon: Lexicon) -> Candidates:
    """The one row of a search for candidates, with the names of those who speak as they are spoken."""
    columns = dict(row or {})
    said_by = zip(columns["owner"] or (), columns["speaker"] or (), strict=True)
    columns["speaker"] = [stored and lexicon.speaker(owner, stored) for owner, stored in said_by]
    return Candidates.of(columns)
