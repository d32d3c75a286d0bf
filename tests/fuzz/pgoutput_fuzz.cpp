// Sequences of pgoutput messages, protocol 1 to 4, through the decoder of transactions. Whatever comes: an Error or transactions, what
// batches promise holds, and where they are cut makes no difference. The input: one byte (bit 0: streaming parallel, bit 1: the ids of the
// captured tables are known), then messages, each after its length in two bytes (little-endian).
#include <cstdint>

#include "base/message_spool.h"
#include "engine/postgres/transaction_decoder.h"
#include "must.h"
#include "tidemark/error.h"
#include "unit/postgres/golden_tables.h"
#include "unit/postgres/stream_text.h"

using namespace tidemark;
using namespace tidemark::postgres;

namespace {

constexpr size_t kWorkMax = 1 << 16;  // messages that one input may lead to: a kept transaction is read again

struct Outcome {
  Delivery delivery;
  std::string error;
};

Outcome decode(const std::vector<std::string_view>& messages, uint8_t flags, bool apart) {
  static const std::vector<SchemaRef> tables = golden_tables();
  DecoderStart start;
  start.delivered = {1, 0x100};
  start.near_txid = (uint64_t{1} << 32) + 1000;
  start.abort_places = (flags & 1) != 0;
  start.folder = temporary_folder();
  start.spill_memory = size_t{1} << 16;
  const std::vector<uint32_t> oids = (flags & 2) != 0 ? std::vector<uint32_t>{16385, 16394} : std::vector<uint32_t>{};
  TransactionDecoder decoder(Relations(tables, oids, golden_type_name), start);
  Outcome out;
  auto batch = std::make_unique<LogBatch>();
  decoder.begin_batch(*batch);
  auto cut = [&] {
    decoder.end_batch();
    out.delivery.add(*batch, tables);
    batch = std::make_unique<LogBatch>();
    decoder.begin_batch(*batch);
  };
  size_t work = 0;
  try {
    for (std::string_view message : messages) {
      decoder.take(message);
      if (apart) cut();
      while (decoder.busy() && ++work < kWorkMax) {
        decoder.resume();
        if (apart) cut();
      }
      if (decoder.busy()) break;
    }
  } catch (const Error& error) {
    fuzz::must(error.kind() != ErrorKind::internal, "no input is a bug of ours");
    fuzz::must(!error.position().empty(), "an error has its place");
    out.error = error.what();
  }
  decoder.end_batch();
  out.delivery.add(*batch, tables);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::vector<std::string_view> messages;
  for (size_t at = 1; at + 2 <= size;) {
    const size_t length = std::min<size_t>(data[at] | data[at + 1] << 8, size - at - 2);
    messages.push_back(fuzz::text_of(data + at + 2, length));
    at += 2 + length;
  }
  const Outcome whole = decode(messages, data[0], false), apart = decode(messages, data[0], true);
  fuzz::must(whole.error == apart.error, "the same error, wherever batches are cut");
  fuzz::must(whole.delivery.lines() == apart.delivery.lines(), "the same changes, wherever batches are cut");
  fuzz::must(whole.delivery.read_to == apart.delivery.read_to, "the same place, wherever batches are cut");
  return 0;
}
