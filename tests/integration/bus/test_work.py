"""Units of work on a MongoDB that ends what takes too long."""

from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient, UpdateOne
from pymongo.errors import OperationFailure

from shared.bus.work import MOST_OUTLIVED, TRANSACTION_TOO_OLD, Work
from shared.runtime import open_runtime
from shared.settings import Settings
from tests.engines import transactions_of

SLOW = {"$where": "sleep(400) || true"}
ROWS = 10


@pytest.mark.parametrize("slow", [1, MOST_OUTLIVED + 1])
async def test_what_was_not_done_in_time_is_done_again(
    mongo_url: str, mongo_prefix: str, mongo_client: MongoClient[dict[str, Any]], tmp_path: Path, slow: int
) -> None:
    settings = Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix, object_store=tmp_path.as_uri())
    runtime = open_runtime("catalog", settings)
    await runtime.database["rows"].insert_many([{"_id": number} for number in range(ROWS)])
    lost: list[int] = []

    async def count(work: Work) -> None:
        lost.append(work.lost)
        work.write("rows", UpdateOne({"_id": 0}, {"$inc": {"count": 1}}))
        await work.find("rows", SLOW if len(lost) <= slow else {}, projection=("_id",))

    with transactions_of(mongo_client, seconds=1):
        if slow > MOST_OUTLIVED:
            with pytest.raises(OperationFailure) as ended:
                await runtime.works.transact(count)
            assert ended.value.code == TRANSACTION_TOO_OLD
        else:
            await runtime.works.transact(count)
    assert lost == list(range(min(slow + 1, MOST_OUTLIVED + 1)))
    row = await runtime.database["rows"].find_one({"_id": 0})
    assert row == {"_id": 0} | ({"count": 1} if slow <= MOST_OUTLIVED else {})
    await runtime.client.close()
