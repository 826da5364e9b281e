"""A dbt that talks without pause: result after result, until it is told to stop.

Its first argument-independent act is to leave its process id in the file ``$BUSY_PID``.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

MODELS = 400
FOREVER_S = 120.0


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def say(name: str, level: str = "info", **data: object) -> None:
    info = {"name": name, "level": level, "ts": now(), "msg": name, "code": "", "thread": "t"}
    sys.stdout.write(json.dumps({"info": info | {"invocation_id": "i"}, "data": data}) + "\n")
    sys.stdout.flush()


def node(number: int, status: str) -> dict[str, object]:
    return {
        "unique_id": f"model.shop.model_{number:05}",
        "node_name": f"model_{number:05}",
        "resource_type": "model",
        "materialized": "view",
        "node_status": status,
        "node_started_at": now().rstrip("Z"),
        "node_finished_at": now().rstrip("Z"),
    }


def main() -> None:
    Path(os.environ["BUSY_PID"]).write_text(str(os.getpid()), encoding="utf-8")
    say("MainReportVersion", version="=1.11.0")
    for number in range(MODELS):
        say("LogStartLine", node_info=node(number, "started"))
        done = node(number, "success")
        say("LogModelResult", node_info=done, status="OK", execution_time=0.0)
        result = {"status": "success", "message": "OK", "execution_time": 0.0, "thread": "t"}
        say("NodeFinished", "debug", node_info=done, run_result=result)
    say("LogStartLine", node_info=node(0, "started"))
    time.sleep(FOREVER_S)


if __name__ == "__main__":
    main()
