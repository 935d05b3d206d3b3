#!/usr/bin/env python3
"""Reads an OTLP request for metrics with the classes of opentelemetry-proto: `protobuf` or `json` on standard input.

Writes a list of counters' points: the metric's name, its attributes and its value. It fails on fields that are not
known, and on a request that protobuf itself would write otherwise.
"""

import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

body = sys.stdin.buffer.read()
if sys.argv[1] == "json":
    request = json_format.Parse(body, ExportMetricsServiceRequest())
else:
    request = ExportMetricsServiceRequest.FromString(body)
    assert request.SerializeToString(deterministic=True) == body, "protobuf writes it otherwise"
points = []
for resource in request.resource_metrics:
    for scope in resource.scope_metrics:
        for metric in scope.metrics:
            for point in metric.sum.data_points:
                attributes = {attribute.key: attribute.value.string_value for attribute in point.attributes}
                points.append([metric.name, attributes, getattr(point, point.WhichOneof("value"))])
json.dump(points, sys.stdout)
