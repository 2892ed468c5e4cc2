#!/usr/bin/env python3
"""Streams one AETA file (StationID,TimeStamp,<features>) and goes on where an earlier run stopped.

Ends with 0 when every row was stored or had been before, with 4 when some were rejected or in conflict.
"""

import csv
import itertools
import pathlib
import queue
import sys
import time

from channel import connect, grpc, parser
from tremorcast.v1 import ingest_service_pb2 as ingest
from tremorcast.v1 import ingest_service_pb2_grpc as ingest_grpc
from tremorcast.v1 import observation_pb2 as observation

ROWS_PER_BATCH = 144  # a day
IN_FLIGHT = 4  # batches sent and not answered yet
RETRYABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)


def batches(path, source, skip):
    """Batches of the rows from line `skip` on, each of one station; positions are lines that were sent."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        features = next(reader)[2:]
        signal = observation.SIGNAL_MAGN if features[0].startswith("magn@") else observation.SIGNAL_SOUND
        rows = itertools.islice(enumerate(reader), skip, None)
        for station, group in itertools.groupby(rows, key=lambda row: row[1][0]):
            while chunk := list(itertools.islice(group, ROWS_PER_BATCH)):
                first, last = chunk[0][0], chunk[-1][0]
                batch = observation.ObservationBatch(
                    station=f"stations/{station}", source=source, batch_id=f"{source}:{first}",
                    position=str(last + 1), delivery=observation.DELIVERY_BACKFILL)
                # By name: the columns may stand in any order.
                order = batch.feature_order
                (order.magn_features if signal == observation.SIGNAL_MAGN else order.sound_features).extend(features)
                for _, row in chunk:
                    added = batch.rows.add(signal=signal, values=map(float, row[2:]))
                    added.slot_time.seconds = int(row[1])
                yield batch


def run_once(stub, path, source, station, totals):
    """Sends what is left. True: all of it was answered."""
    place = stub.GetIngestPosition(ingest.GetIngestPositionRequest(station=station, source=source), timeout=30)
    left = batches(path, source, int(place.position) if place.found else 0)
    slots = queue.Queue()
    for _ in range(IN_FLIGHT):
        slots.put(None)
    ended = False

    def requests():
        for batch in left:
            slots.get()
            if ended:
                return
            yield ingest.StreamObservationsRequest(batch=batch)

    try:
        for answer in stub.StreamObservations(requests()):
            if answer.HasField("draining"):
                return False
            if answer.HasField("failure"):
                sys.exit(f"batch {answer.failure.batch_id}: {answer.failure.status.message}")
            verdict = answer.verdict
            for name in totals:
                totals[name] += getattr(verdict, f"{name}_count")
            for run in verdict.runs:
                if run.verdict == observation.VERDICT_REJECTED:
                    reason = observation.RejectReason.Name(run.reason)
                    print(f"{verdict.batch_id} row {run.first_row}: {reason} {run.field_path}", file=sys.stderr)
            slots.put(None)
        return True
    finally:
        ended = True
        slots.put(None)


def main():
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("file")
    options = arguments.parse_args()
    source = pathlib.Path(options.file).name[:64]
    with open(options.file, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        next(reader)
        station = f"stations/{next(reader)[0]}"
    totals = dict.fromkeys(("accepted", "duplicate", "conflict", "late", "rejected"), 0)
    with connect(options) as channel:
        stub = ingest_grpc.IngestServiceStub(channel)
        done = False
        while not done:
            try:
                done = run_once(stub, options.file, source, station, totals)
            except grpc.RpcError as error:
                if error.code() not in RETRYABLE:
                    sys.exit(f"{error.code().name}: {error.details()}")
                pushback = dict(error.trailing_metadata() or ()).get("grpc-retry-pushback-ms", "1000")
                time.sleep(int(pushback) / 1000)
    print(" ".join(f"{name}={count}" for name, count in totals.items()))
    sys.exit(4 if totals["rejected"] + totals["conflict"] else 0)


main()
