// The example with random damage: the loader accepts or refuses with places inside the file, and does neither crash nor hang.
#include <ctime>
#include <fstream>
#include <iterator>
#include <random>

#include "config/load.h"
#include "support/catch.h"

using namespace tidemark;

namespace {

constexpr int kRounds = 2000;

std::string damaged(std::string text, std::mt19937& random) {
  static const std::vector<std::string> pieces = {
      "&a ",  "*a",   "!!x ", "[",           "]",  "{", "}",    ": ", "- ",    "? ",   "\n",   "\t",   "#",
      "\"",   "'",    "|\n",  ">",           "${", "$", "null", "~",  "---\n", "\x04", "\xff", "\xc3", std::string("\0", 1),
      "%TAG", "<<: ", "\r",   "\xef\xbb\xbf"};
  auto pick = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
  for (size_t edits = 1 + pick(4); edits > 0; --edits) {
    size_t at = pick(text.size());
    switch (pick(4)) {
      case 0: text.erase(at, 1 + pick(40)); break;
      case 1: text.insert(at, pieces[pick(pieces.size())]); break;
      case 2: text[at] = static_cast<char>(pick(256)); break;
      default: text.insert(at, text.substr(pick(text.size()), 1 + pick(80))); break;
    }
  }
  return text;
}

}  // namespace

TEST_CASE("damaged configurations are accepted or refused, nothing else") {
  std::ifstream in(TIDEMARK_SOURCE_DIR "/conf/tidemark.yaml");
  const std::string example((std::istreambuf_iterator<char>(in)), {});
  REQUIRE(example.size() > 1000);
  LoadOptions options;
  options.secrets_must_be_readable = false;
  std::mt19937 random(20260131);
  int accepted = 0, refused = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string text = damaged(example, random);
    CAPTURE(round);
    auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 2;  // yaml-cpp counts \r too
    auto returns = static_cast<int>(std::count(text.begin(), text.end(), '\r'));
    const std::clock_t start = std::clock();
    try {
      parse_config_with(text, "t.yaml", options);
      ++accepted;
    } catch (const ConfigError& e) {
      ++refused;
      for (const Problem& p : e.problems()) {
        if (p.mark.line < 0 || p.mark.line > lines + returns || p.text.empty()) FAIL(e.line(p));
      }
    }
    if (std::clock() - start > 5 * CLOCKS_PER_SEC) FAIL("too slow");
  }
  CHECK(accepted > kRounds / 20);  // damage in comments
  CHECK(refused > kRounds / 4);
}
