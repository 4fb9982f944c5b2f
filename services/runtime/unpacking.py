"""Unpacking of what a broker answered: the records of a batch become messages in compiled code.

kafka-python unpacks record by record in Python, which was the largest part of reading one observation a message. aiokafka, whose compiled
reader of the same format comes with Faust, takes a sixth of that time. Fetching, positions, checksums and the group stay kafka-python's.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.record.default_records import DefaultRecordBatch
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError, UnsupportedVersionError

from services.runtime.streams import Message

_MAGIC = 2


class Unpacking(Fetcher.PartitionRecords):  # type: ignore[misc]  # kafka-python ships no types
    """What one fetch brought of one partition; ``take`` of the base class hands out what ``_unpack_records`` yields."""

    def _unpack_records(self, tp: TopicPartition, records: Any, *deserializers: None) -> Iterator[Message]:
        """The records as messages, moving on the offset to be fetched next with each.

        Raises CorruptRecordError where a checksum or a length is wrong, UnsupportedVersionError on the formats of brokers before Kafka 0.11.
        """
        del deserializers
        while (batch := records.next_batch()) is not None:
            if batch.magic != _MAGIC:
                raise UnsupportedVersionError(f"records of format {batch.magic} in {tp}; {_MAGIC} is read")
            if self.check_crcs and not batch.validate_crc():
                raise CorruptRecordError(
                    f"the checksum of the records of {tp} from offset {batch.base_offset} is wrong"
                )
            self.leader_epoch = batch.leader_epoch
            self.bytes_read += batch.size_in_bytes
            if not batch.is_control_batch:
                self.records_read += batch.records_count
                yield from self._messages(tp, batch)
            # also past records that compaction removed from the end of the batch
            self.next_fetch_offset = batch.next_offset
        self.drain()

    def _messages(self, tp: TopicPartition, batch: Any) -> Iterator[Message]:
        topic, partition = tp
        try:
            for record in DefaultRecordBatch(bytes(batch._buffer)):
                self.next_fetch_offset = record.offset + 1
                yield Message(topic, partition, record.offset, record.key, record.value, record.timestamp)
        except Exception as error:  # damage shows as errors of many kinds in the compiled reader
            raise CorruptRecordError(
                f"the records of {tp} from offset {batch.base_offset} are damaged: {error}"
            ) from error


def unpack_in_compiled_code(consumer: KafkaConsumer) -> None:
    """Let ``poll`` of this consumer return messages of ours in place of kafka-python's records."""
    consumer._fetcher.PartitionRecords = Unpacking  # no public way; a test watches it
