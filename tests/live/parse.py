"""Parses an exposition on standard input and writes its families as JSON.

The argument says how: `text` for the Prometheus text format 0.0.4, `openmetrics` for OpenMetrics 1.0 (strict).
"""

import json
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as text
from prometheus_client.utils import floatToGoString

parse = {
    "text": text.text_string_to_metric_families,
    "openmetrics": openmetrics.text_string_to_metric_families,
}[sys.argv[1]]



def canonical(le):
    """As Go writes it. The client's own function does so for positive numbers only."""
    return f"-{floatToGoString(le[1:])}" if le.startswith("-") else floatToGoString(le)


families = []
for family in parse(sys.stdin.buffer.read().decode("utf-8")):
    samples = []
    for sample in family.samples:
        le = sample.labels.get("le")
        if sample.name.endswith("_bucket") and le != canonical(le):
            sys.exit(f"{sample}: `le` is not canonical, expected {canonical(le)}")
        # As text, since JSON has no NaN and no infinities. Whole numbers stay whole.
        samples.append({"name": sample.name, "labels": sample.labels, "value": str(sample.value)})
    families.append(
        {
            "name": family.name,
            "type": family.type,
            "help": family.documentation,
            "unit": family.unit,
            "samples": samples,
        }
    )
json.dump(families, sys.stdout)
