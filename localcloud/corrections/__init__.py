"""Where moto differs from AWS in what this project relies on, moto is corrected here.

Each module corrects one behaviour and says which; `apply` puts all of them in force, once,
for the whole process.
"""

from __future__ import annotations

from localcloud.corrections import identity, model_instances, policies, s3_copy, s3_ranges


def apply() -> None:
    """Correct moto; harmless when it has been done already."""
    identity.name_callers()
    model_instances.forget()
    policies.ignore_conditional_denials()
    s3_copy.honour_conditions()
    s3_ranges.read_only_ranges()
