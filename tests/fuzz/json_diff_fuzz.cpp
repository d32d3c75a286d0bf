// A partial update of a JSON document: any text for the document, any bytes for the list of changes. The first byte of the input says how
// much of the rest is the document. It is refused with a reason, or gives a document that can be changed again. What a document is taken
// apart into is written as it was read.
#include "engine/mysql/json_diff.h"
#include "engine/mysql/json_tree.h"
#include "must.h"

using namespace tidemark::mysql;
using tidemark::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = tidemark::fuzz::text_of(data + 1, size - 1);
  const size_t split = rest.size() * data[0] / 255;
  const std::string_view before = rest.substr(0, split);

  JsonNode root, again;
  if (parse_json(before, root)) {
    std::string once, twice;
    write_json(root, once);
    must(parse_json(once, again), "a written document can be read");
    write_json(again, twice);
    must(once == twice, "a document is written as it was read");
  }
  std::vector<JsonLeg> legs;
  if (parse_json_path(before, legs)) must(legs.size() <= before.size(), "a path has no more steps than bytes");

  std::string after, why;
  JsonNode changed;
  if (!apply_json_diffs(before, rest.substr(split), after, why))
    must(!why.empty(), "a refusal has a reason");
  else
    must(parse_json(after, changed), "a changed document can be changed again");
  return 0;
}
