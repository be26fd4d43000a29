"""What a store is known not to do: (store, behaviour) -> why. Strict: a mended one must leave this table.

A behaviour is a test's name with its case, or without, which means every case of it.
"""

import pytest

from tests.contract.store.places import PLACES

_ORDERS = ["$gt", "$gte", "$lt", "$lte"]
_ORDER_CASES = ["gt_number", "gte_number", "lt_number", "lte_float", "lt_negative", "between"]
_STRING_CASES = ["gt_string", "gte_string", "lt_string_by_code_point", "lte_string"]
_UNSTORABLE = ["nul", "surrogate", "swapped", "last"]
_FAULTS = ["embedder", "nan", "nul", "surrogate", "not_json"]

_CONDITIONAL = [
    "test_a_write_upon_the_version_that_was_read_takes_effect",
    "test_a_write_upon_another_version_changes_nothing",
    "test_the_first_write_takes_effect_once",
    "test_a_key_that_was_deleted_and_put_again_is_another_item",
    "test_a_delete_upon_its_version",
    "test_one_condition_that_fails_refuses_the_whole_batch",
    "test_of_two_conditions_on_one_key_each_is_looked_at",
    "test_a_plain_write_still_wins",
]


def _cases(behaviour: str, cases: list[str]) -> list[str]:
    return [f"{behaviour}[{case}]" for case in cases]


def _why(store: str, reason: str, *behaviours: str) -> dict[tuple[str, str], str]:
    return {(store, behaviour): reason for behaviour in behaviours}


KNOWN: dict[tuple[str, str], str] = {
    **_why(
        "ours",
        "jsonb keeps numbers as decimal digits: 1.7e308 comes back as an integer of 309 digits",
        "test_a_value_comes_back_as_it_was[huge_float]",
    ),
    **_why(
        "stock",
        "jsonb keeps numbers as decimal digits: 1.7e308 comes back as an integer of 309 digits",
        "test_a_value_comes_back_as_it_was[huge_float]",
    ),
    **{
        pair: reason
        for store in ("cached", "batched", "early", "shared")
        for pair, reason in _why(
            store,
            "it wraps ours",
            "test_a_value_comes_back_as_it_was[huge_float]",
        ).items()
    },
    **{
        pair: reason
        for store in ("stock", "in_memory")
        for pair, reason in (
            _why(store, "it has LangGraph's own operators alone, and no paths", "test_more_filters")
            | _why(store, "BaseStore has no compare-and-set: a condition is not looked at", *_CONDITIONAL)
        ).items()
    },
    **_why(
        "early",
        "it acknowledges before it writes, as its caller chose: what fails later is logged",
        *_cases("test_a_batch_that_fails_writes_nothing", ["embedder", "nan", "not_json", "namespace"]),
        "test_a_slow_embedder_does_not_block_other_callers",
    ),
    **_why(
        "stock",
        "values are ordered as text, whatever their type",
        "test_numbers_compare_as_numbers",
        *_cases("test_filter", [*_ORDER_CASES, *_STRING_CASES]),
    ),
    **_why(
        "stock",
        "a missing key is unknown to SQL, so neither $ne nor null finds its item",
        *_cases("test_filter", ["ne_number", "ne_string", "ne_true", "eq_null_or_missing"]),
    ),
    **_why(
        "stock",
        "an object in a filter is taken for operators",
        "test_filter[eq_part_of_an_object]",
    ),
    **_why(
        "stock",
        "pages are cut without a total order, and from the first 2 x limit rows when there is a query",
        *_cases("test_pages_hold_every_item_once", ["None", "tea"]),
    ),
    **_why(
        "stock",
        "of an item's vectors only those that fit into 2 x limit rows are looked at",
        "test_an_item_with_many_texts_is_found_once_by_its_best",
    ),
    **_why(
        "stock",
        "a put adds vectors and never takes one away",
        "test_an_item_put_again_with_index_false_is_not_found_by_its_old_text",
        "test_an_item_put_again_without_its_text_is_not_found_by_it",
    ),
    **_why(
        "stock",
        "all reads of a batch run before its writes",
        "test_a_read_sees_the_writes_before_it_and_none_after",
    ),
    **_why(
        "stock",
        "a batch is a pipeline, not a transaction: what was sent before a Python error stays",
        "test_a_batch_that_fails_writes_nothing[not_json]",
    ),
    **_why(
        "stock",
        "concurrent callers share one batch, and its error",
        "test_one_callers_bad_search_does_not_fail_the_others",
        *_cases("test_s01_one_callers_bad_item_does_not_fail_the_others", _FAULTS),
    ),
    **_why(
        "stock",
        "it embeds inside the one batch that every caller waits for",
        "test_a_slow_embedder_does_not_block_other_callers",
    ),
    **_why("stock", "setup() takes no lock", "test_concurrent_setups_of_one_place_all_succeed"),
    **_why(
        "stock",
        "expired items are there until they are swept",
        "test_an_expired_item_is_not_read",
        "test_an_expired_item_is_not_found",
        "test_an_expired_item_is_not_renewed_by_reading",
        "test_the_namespace_of_an_expired_item_is_not_listed",
    ),
    **_why(
        "stock",
        "minutes are an integer column: half of one is renewed as none",
        "test_reading_with_refresh_renews_part_of_a_minute",
    ),
    **_why(
        "stock",
        "what Postgres cannot hold reaches it, and its own error comes back",
        *_cases("test_text_that_utf8_cannot_hold_is_stored_somehow_or_refused", _UNSTORABLE),
        "test_a_key_that_utf8_cannot_hold_is_distinct_or_refused[nul]",
    ),
    **_why(
        "in_memory",
        "the caller's objects are kept and handed out",
        "test_a_returned_value_is_a_copy",
        "test_a_stored_value_is_a_copy",
    ),
    **_why("in_memory", "a put makes a new item", "test_created_at_is_kept_and_updated_at_moves"),
    **_why(
        "in_memory",
        "any object is a value, and any label is one in a batch: nothing fails",
        *_cases("test_a_batch_that_fails_writes_nothing", ["nan", "not_json", "namespace"]),
    ),
    **_why(
        "in_memory",
        "all reads of a batch run before its writes",
        "test_a_read_sees_the_writes_before_it_and_none_after",
    ),
    **_why(
        "in_memory",
        "vectors are matched to items by position, which a text that comes twice shifts",
        "test_two_items_of_one_batch_with_one_text",
        "test_texts_keep_to_their_items",
    ),
    **_why(
        "in_memory",
        "comparing converts with float(), and raises on what is no number",
        *_cases("test_filter", [*_ORDER_CASES, *_STRING_CASES]),
        *_cases("test_items_without_the_key_have_no_order", _ORDERS),
    ),
    **_why("in_memory", "1 == True in Python", "test_filter[eq_one_is_not_true]"),
    **_why(
        "in_memory",
        "a put adds vectors and never takes one away",
        "test_an_item_put_again_with_index_false_is_not_found_by_its_old_text",
        "test_an_item_put_again_without_its_text_is_not_found_by_it",
    ),
    **_why(
        "in_memory",
        "it does not support lifetimes",
        "test_an_item_lives_till_its_time_is_over",
        "test_an_expired_item_is_not_read",
        "test_an_expired_item_is_not_found",
        "test_an_expired_item_is_not_renewed_by_reading",
        "test_the_namespace_of_an_expired_item_is_not_listed",
        "test_an_item_put_again_without_a_lifetime_stays",
        "test_reading_with_refresh_renews_part_of_a_minute",
    ),
    **_why(
        "in_memory",
        "its namespaces are a defaultdict: touching one makes it, and none is removed",
        "test_a_namespace_ends_with_its_last_item",
        "test_reading_makes_no_namespace",
    ),
}


def behaviour_of(item: pytest.Item) -> tuple[str, str] | None:
    """(store, behaviour) of a test of this suite; None for any other."""
    callspec = getattr(item, "callspec", None)
    store = callspec.params.get("store_name") if callspec else None
    if store not in PLACES:
        return None
    name, _, case = item.name.partition("[")
    case = case.removesuffix("]").removeprefix(store).removeprefix("-").removesuffix(f"-{store}")
    return store, f"{name}[{case}]" if case else name


def reason_for(store: str, behaviour: str, known: dict[tuple[str, str], str] = KNOWN) -> str | None:
    whole = behaviour.partition("[")[0]
    return known.get((store, behaviour)) or known.get((store, whole))
