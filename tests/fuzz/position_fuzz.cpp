// The text form of a position, of any bytes: refused with an Error(usage) that says what is wrong, or understood; then its own text is
// understood too, and stays the same from there on, for state file and sink keep that text.
#include "must.h"
#include "tidemark/error.h"
#include "tidemark/position.h"

using namespace tidemark;
using tidemark::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text;
  try {
    text = Position::parse(fuzz::text_of(data, size)).text();
  } catch (const Error& error) {
    must(error.kind() == ErrorKind::usage && !error.cause().empty() && !error.hint().empty(),
         "a refusal says what is wrong and what to do");
    for (char c : std::string_view(error.what())) must(static_cast<uint8_t>(c) >= 0x20, "a message has no control characters");
    return 0;
  }
  const Position position = Position::parse(text);
  must(position.text() == text, "a position's text stays the same");
  must(Position::parse(position.text()) == position, "a position comes back from its text");
  return 0;
}
