// The state file. The first byte of the input says what the rest is: 0 the file's bytes; 1 changes to a file that was really written, each
// an offset (3 bytes, little-endian), a count, and that many bytes; 2 the text of a stored schema.
// A file is opened and read, or refused with Error(state): nothing else. Whatever was changed in a real file, no position, chunk or schema
// comes out that was not put in. A schema that is understood comes back from its own text.
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "must.h"
#include "support/temporary_directory.h"
#include "tidemark/error.h"
#include "tidemark/state.h"

using namespace tidemark;
using tidemark::fuzz::must;

namespace {

TableSchema orders() {
  TableSchema schema;
  schema.name = {"shop", "orders"};
  Column id, note;
  id.name = "id";
  id.kind = ValueKind::int64;
  id.native_type = "bigint";
  note.name = "note";
  note.kind = ValueKind::text;
  note.native_type = "varchar(20)";
  note.charset = "utf8mb4";
  note.ordinal = 1;
  schema.columns = {id, note};
  schema.source_columns = 2;
  schema.key = {0};
  schema.key_origin = KeyOrigin::primary;
  return schema;
}

struct Original {
  Original() {
    const std::string position_text = "mysql server=00000000-0000-0000-0000-000000000001 file=binlog.000001:4711";
    const Position position = Position::parse(position_text);
    ChunkRecord first, second;
    first.table = second.table = {"shop", "orders"};
    first.range.upto = second.range.after = "\x01\x02";
    first.rows = 8096;
    second.done = false;
    first.high = second.high = {1, 4000};
    {
      const auto store = open_state(file);
      store->save_schemas("shop", {{orders(), position_text}});
      store->save_commit("shop", position, {first, second});
      store->save_progress("shop", {{{"shop", "orders"}, "copying", 8096}});
    }
    std::ifstream in(file, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
    saved = open_state_read_only(file)->load("shop");
    must(saved.found && saved.chunks.size() == 2 && saved.schemas.size() == 1, "what is saved comes back");
  }
  test::TemporaryDirectory directory;
  std::string file = directory.file("state.db"), bytes;
  StoredPipeline saved;
};

Original& original() {
  static Original one;
  return one;
}

bool same(const ChunkRecord& a, const ChunkRecord& b) {
  return a.table == b.table && a.range == b.range && a.done == b.done && a.rows == b.rows && a.high == b.high;
}

void check_against(const StoredPipeline& loaded, const StoredPipeline& saved) {
  must(!loaded.position.known() || loaded.position == saved.position, "a position was put in");
  for (const ChunkRecord& chunk : loaded.chunks)
    must(std::any_of(saved.chunks.begin(), saved.chunks.end(), [&](const ChunkRecord& c) { return same(c, chunk); }), "a chunk was put in");
  for (const StoredSchema& s : loaded.schemas)
    must(s.schema == saved.schemas[0].schema && s.valid_from == saved.schemas[0].valid_from, "a schema was put in");
}

template <typename Open>
void read_store(Open open, bool compare) {
  try {
    const auto store = open(original().file);
    for (const std::string& name : store->pipelines()) {
      const StoredPipeline loaded = store->load(name);
      if (compare) check_against(loaded, original().saved);
      store->load_progress(name);
    }
  } catch (const Error& error) {
    must(error.kind() == ErrorKind::state || error.kind() == ErrorKind::busy, "a refusal is about the state file");
    must(!error.cause().empty(), "a refusal has a reason");
  }
}

void put_file(std::string_view bytes) {
  const std::string& file = original().file;
  for (const char* suffix : {"-wal", "-shm", "-journal"}) unlink((file + suffix).c_str());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string changed(std::string_view changes) {
  std::string bytes = original().bytes;
  while (changes.size() >= 4) {
    const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(changes[i])); };
    const size_t at = (byte(0) | byte(1) << 8 | byte(2) << 16) % bytes.size();
    const size_t count = std::min({byte(3), changes.size() - 4, bytes.size() - at});
    bytes.replace(at, count, changes.substr(4, count));
    changes.remove_prefix(4 + count);
  }
  return bytes;
}

void check_schema(std::string_view text) {
  try {
    const TableSchema schema = schema_from_json(text);
    must(schema_from_json(schema_to_json(schema)) == schema, "a schema comes back from its text");
    for (const Column& column : schema.columns) {
      must(!kind_name(column.kind).empty() && column.kind != ValueKind::absent && column.kind != ValueKind::null, "a column has a kind");
      must(column.ordinal < schema.source_columns, "a column has a place in the table");
    }
    for (const uint16_t place : schema.key) must(place < schema.columns.size(), "a key is of columns");
  } catch (const Error& error) {
    must(error.kind() == ErrorKind::state && !error.cause().empty() && !error.hint().empty(), "a refusal says what to do");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = fuzz::text_of(data + 1, size - 1);
  if (data[0] % 3 == 2) {
    check_schema(rest);
    return 0;
  }
  const bool changes = data[0] % 3 == 1;
  const std::string bytes = changes ? changed(rest) : std::string(rest);
  put_file(bytes);
  read_store(open_state_read_only, changes);
  put_file(bytes);
  read_store(open_state, changes);
  return 0;
}
