// GTID sets: MySQL's and MariaDB's text, and MySQL's binary form. The first byte of the input says which the rest is.
// Text is refused with an Error(usage), or comes back the same from its own text and, for MySQL, from its binary form. So does a binary
// set that is not refused; it is no larger than its bytes.
#include "engine/mysql/event_gtid.h"
#include "must.h"
#include "tidemark/error.h"

using namespace tidemark;
using namespace tidemark::mysql;
using tidemark::fuzz::must;

namespace {

void check_binary(const GtidSet& set) {
  const std::string bytes = encode_gtid_set(set);
  GtidSet back;
  must(decode_gtid_set(ByteCursor(bytes), back), "an encoded set can be decoded");
  must(back == set, "a set comes back from its binary form");
  must(set.contains(set) && set.minus(set).empty(), "a set contains itself and nothing more");
}

void binary_set(std::string_view bytes) {
  GtidSet set;
  if (!decode_gtid_set(ByteCursor(bytes), set)) return;
  size_t intervals = 0;
  for (const auto& [origin, list] : set.intervals()) intervals += list.size();
  must(intervals * 16 <= bytes.size(), "a set is no larger than its bytes");
  check_binary(set);
  must(set.intervals().empty() || GtidSet::parse_mysql(set.text()) == set, "a binary set comes back from its text");
}

void text_set(bool mysql, std::string_view text) {
  const auto parse = [&](std::string_view t) { return mysql ? GtidSet::parse_mysql(t) : GtidSet::parse_mariadb(t); };
  GtidSet set;
  try {
    set = parse(text);
  } catch (const Error& error) {
    must(error.kind() == ErrorKind::usage && !error.cause().empty() && !error.hint().empty(),
         "a refusal says what is wrong and what to do");
    return;
  }
  must(parse(set.text()) == set, "a set comes back from its text");
  if (mysql) check_binary(set);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = fuzz::text_of(data + 1, size - 1);
  if (data[0] % 3 == 2)
    binary_set(rest);
  else
    text_set(data[0] % 3 == 0, rest);
  return 0;
}
