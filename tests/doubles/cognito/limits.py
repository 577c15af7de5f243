# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
"""What an account's quotas are: GetProvisionedLimit (API reference; 1 request a second, which is not kept here)."""
from .errors import absent
from .operations import MAP, operation
from .quotas import DEFAULTS

NO_QUOTA = 1_000_000


@operation("GetProvisionedLimit", LimitDefinition=MAP)
def get_provisioned_limit(double, pool, body):
    definition = body["LimitDefinition"]
    category = (definition.get("Attributes") or {}).get("Category")
    if definition.get("LimitClass") != "API_CATEGORY" or category not in DEFAULTS:
        raise absent("There is no such limit.")
    free, now = DEFAULTS[category], double.quotas.limit(category) if double.o.scale else NO_QUOTA
    return {"Limit": {"LimitDefinition": definition, "ProvisionedLimitValue": int(now), "FreeLimitValue": free}}
