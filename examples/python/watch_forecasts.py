#!/usr/bin/env python3
"""Prints each forecast and revision as it is archived, and resumes after the last one when the stream ends."""

import time

from channel import connect, grpc, parser
from tremorcast.v1 import forecast_pb2 as forecast
from tremorcast.v1 import forecast_service_pb2 as service
from tremorcast.v1 import forecast_service_pb2_grpc as service_grpc


def main():
    arguments = parser(__doc__)
    arguments.add_argument("--from-start", action="store_true", help="everything archived so far, too")
    arguments.add_argument("--purpose", choices=("operational", "hindcast", "test"), default="operational")
    arguments.add_argument("--count", type=int, default=0, help="end after so many")
    options = arguments.parse_args()
    request = service.WatchForecastsRequest(purposes=[forecast.ForecastPurpose.Value(f"FORECAST_PURPOSE_{options.purpose.upper()}")])
    if options.from_start:
        request.resume_sequence = 0
    seen = 0
    with connect(options) as channel:
        stub = service_grpc.ForecastServiceStub(channel)
        while True:
            try:
                for message in stub.WatchForecasts(request):
                    request.resume_sequence = message.sequence
                    if not message.HasField("forecast"):  # a heartbeat
                        continue
                    one = message.forecast
                    print(f"{one.name} {one.valid_from_time.ToJsonString()} P(M>=3.5) {one.exceedances[0].display} "
                          f"(usual {100 * one.exceedances[0].climatology:.1f} %): {one.verdict}", flush=True)
                    seen += 1
                    if seen == options.count:
                        return
            except grpc.RpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED):
                    raise SystemExit(f"{error.code().name}: {error.details()}")
            time.sleep(1)


main()
