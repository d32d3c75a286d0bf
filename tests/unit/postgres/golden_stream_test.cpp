// Streams as PostgreSQL sent them (tests/golden/postgres-*.pgoutput), decoded whole and cut at every message, and compared with what is
// written beside them. UPDATE_GOLDEN=1 writes that anew; see tests/golden/record-postgres.sh.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/message_spool.h"
#include "engine/postgres/transaction_decoder.h"
#include "golden_tables.h"
#include "stream_text.h"
#include "support/catch.h"

using namespace tidemark;
using namespace tidemark::postgres;

namespace {

std::vector<std::string> messages_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> messages;
  for (std::string line; std::getline(in, line);) {
    std::string& message = messages.emplace_back();
    for (size_t i = 0; i + 1 < line.size(); i += 2) message += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
  }
  return messages;
}

Delivery decode(const std::vector<std::string>& messages, bool apart) {
  const std::vector<SchemaRef> tables = golden_tables();
  DecoderStart start;
  start.delivered = {1, 1};
  start.near_txid = 1000;
  start.folder = temporary_folder();
  start.spill_memory = size_t{32} << 10;
  TransactionDecoder decoder(Relations(tables, {}, golden_type_name), start);
  Delivery out;
  auto batch = std::make_unique<LogBatch>();
  decoder.begin_batch(*batch);
  auto cut = [&] {
    decoder.end_batch();
    out.add(*batch, tables);
    batch = std::make_unique<LogBatch>();
    decoder.begin_batch(*batch);
  };
  for (const std::string& message : messages) {
    decoder.take(message);
    if (apart) cut();
    while (decoder.busy()) {
      decoder.resume();
      if (apart) cut();
    }
  }
  cut();
  CHECK(decoder.streaming() == 0);
  CHECK_FALSE(out.open());
  return out;
}

std::string text_of(const Delivery& delivery) {
  std::string out;
  for (const Delivery::Transaction& t : delivery.transactions) {
    out += fmt::format("transaction of {} changes\n", t.changes.size());
    for (const std::string& change : t.changes) out += change + "\n";
  }
  return out + fmt::format("{} rows of other tables\n", delivery.rows_filtered);
}

}  // namespace

TEST_CASE("captured streams decode to what is written beside them", "[decoder]") {
  size_t captures = 0;
  for (const auto& entry : std::filesystem::directory_iterator(POSTGRES_GOLDEN_FOLDER)) {
    if (entry.path().extension() != ".pgoutput") continue;
    ++captures;
    CAPTURE(entry.path().filename().string());
    const std::vector<std::string> messages = messages_of(entry.path());
    REQUIRE(messages.size() > 10);
    const Delivery whole = decode(messages, false);
    CHECK((whole.lines() == decode(messages, true).lines()));
    std::filesystem::path beside = entry.path();
    beside.replace_extension(".txt");
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(beside) << text_of(whole);
    std::stringstream expected;
    expected << std::ifstream(beside).rdbuf();
    CHECK((text_of(whole) == expected.str()));
  }
  CHECK(captures >= 2);
}
