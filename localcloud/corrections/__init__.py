"""Where moto differs from AWS in what this project relies on, moto is corrected here.

Each module corrects one behaviour and says which; `apply` puts all of them in force, once,
for the whole process.
"""

from __future__ import annotations

from localcloud.corrections import (
    action_names,
    attribute_values,
    conditions,
    event_names,
    function_code,
    http_apis,
    identity,
    item_sizes,
    kms_keys,
    log_streams,
    model_instances,
    policies,
    projections,
    routers,
    s3_copy,
    s3_etags,
    s3_listings,
    s3_ranges,
    service_models,
    sns_deliveries,
    table_indexes,
    table_reads,
)


def apply() -> None:
    """Correct moto; harmless when it has been done already."""
    action_names.look_once()
    attribute_values.leave_as_they_are()
    conditions.parse_once()
    event_names.look_for_what_is_there()
    function_code.share_packages()
    http_apis.serve_at_endpoints()
    identity.name_callers()
    item_sizes.measure_as_dynamodb()
    kms_keys.make_pairs_when_used()
    log_streams.search_by_prefix()
    model_instances.forget()
    policies.ignore_conditional_denials()
    projections.pick_attributes()
    routers.read_only()
    s3_copy.honour_conditions()
    s3_etags.compute_alone()
    s3_listings.encode_versions()
    s3_listings.look_below_the_prefix()
    s3_ranges.read_only_ranges()
    service_models.parse_once()
    sns_deliveries.deliver_one_by_one()
    table_reads.look_at_what_is_asked()
    table_indexes.keep_in_order()
