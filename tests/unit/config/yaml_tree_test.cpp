#include "config/yaml_tree.h"

#include <ctime>

#include "support/catch.h"

using namespace tidemark;

namespace {

/// The one problem that stops the parser: "LINE:COLUMN text".
std::string refusal(const std::string& text) {
  Problems problems("t.yaml");
  try {
    parse_yaml(text, problems);
    problems.throw_if_any();
  } catch (const ConfigError& e) {
    const Problem& p = e.problems().front();
    return std::to_string(p.mark.line) + ":" + std::to_string(p.mark.column) + " " + p.text;
  }
  return "accepted";
}

/// Of the processor, not of the clock: other programs on the machine do not count. The limits below are far above what a build with
/// sanitizers takes and far below what an explosion would.
double seconds_to_read(const std::string& text) {
  const std::clock_t start = std::clock();
  refusal(text);
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

std::string repeated(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("the tree has places, quotes and order") {
  Problems problems("t.yaml");
  YamlNode root = parse_yaml("b: 1\na:\n  - x\n  - \"y\"\nn: null\ne:\nlast: ~\n", problems);
  problems.throw_if_any();
  REQUIRE(root.kind == YamlNode::Kind::map);
  REQUIRE(root.keys.size() == 5);
  CHECK(root.keys[0].text == "b");
  CHECK(root.keys[1].mark == Mark{2, 1});
  CHECK(root.items[1].items[1].mark == Mark{4, 5});
  CHECK(root.items[1].items[1].quoted);
  CHECK_FALSE(root.items[1].items[0].quoted);
  CHECK(root.items[2].text == "null");
  CHECK(root.items[3].text == "");
  CHECK(root.items[3].mark == Mark{6, 1});
  CHECK(root.items[4].text == "~");
}

TEST_CASE("duplicate keys are found at every depth") {
  CHECK(refusal("a: 1\nb: 2\na: 3\n") == "3:1 key 'a' is given twice (first in line 1)");
  CHECK(refusal("x: {y: {k: 1, k: 2}}\n") == "1:15 key 'k' is given twice (first in line 1)");
}

TEST_CASE("anchors, aliases and tags are refused where they stand") {
  CHECK(refusal("a: &x 1\n").find("1:4 anchors") == 0);
  CHECK(refusal("a: &x {b: 1}\n").find("1:4 anchors") == 0);
  CHECK(refusal("a: &x [b]\n").find("1:4 anchors") == 0);
  CHECK(refusal("a: &x\n").find("anchors") != std::string::npos);
  CHECK(refusal("a: !!str 1\n").find("1:4 tags") == 0);
  CHECK(refusal("a: !secret {file: x}\n").find("1:4 tags") == 0);
  CHECK(refusal("a: *x\n") != "accepted");
  CHECK(refusal("<<: *x\n") != "accepted");
}

TEST_CASE("what is no text, or no single document, is refused") {
  CHECK(refusal(std::string("a: b\nc: \x04 d\n")) == "2:4 control character 0x04");
  CHECK(refusal(std::string("a: \xff\n")) == "1:4 the file is not UTF-8 text");
  CHECK(refusal(std::string("\xfe\xff\0a", 4)) == "1:1 the file is not UTF-8 text");
  CHECK(refusal(std::string("a: \0", 4)) == "1:4 control character 0x00");
  CHECK(refusal("a: 1\n---\nb: 2\n").find("a second document") != std::string::npos);
  CHECK(refusal("a: [1, 2\n").find("not valid YAML") != std::string::npos);
  CHECK(refusal("a: 1\n  b: 2\n").find("not valid YAML") != std::string::npos);
  CHECK(refusal("[a]: 1\n") == "1:1 a key must be a plain word, not a list or a map");
  CHECK(refusal("\xef\xbb\xbf"
                "a: 1\r\nb: 2\r\n") == "accepted");
}

TEST_CASE("nesting ends at 32 levels") {
  CHECK(refusal(repeated("[", 32) + repeated("]", 32)) == "accepted");
  CHECK(refusal(repeated("[", 33) + repeated("]", 33)).find("nested deeper than 32 levels") != std::string::npos);
}

TEST_CASE("bombs go off nowhere") {
  std::string laughs =
      "a: &a [\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\",\"lol\"]\n"
      "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
      "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
  CHECK(refusal(laughs).find("1:4 anchors") == 0);
  CHECK(seconds_to_read(laughs) < 0.1);
  CHECK(seconds_to_read(repeated("[", 308)) < 0.1);
  CHECK(seconds_to_read(repeated("- ", 154)) < 0.1);
  CHECK(seconds_to_read(repeated("? ", 154)) < 0.1);
  CHECK(seconds_to_read(repeated("{a: ", 77)) < 0.1);
  CHECK(seconds_to_read(repeated("x", kConfigBytesMax + 1)) < 2);
  for (const char* piece : {"[", "{a: ", "- ", "? ", "&a ", "*a ", "!a ", "a:\n", "\"", "'", "|\n", "- -\n", "%\n", "[]\n", "{},"}) {
    CAPTURE(piece);
    CHECK(seconds_to_read(repeated(piece, kConfigBytesMax / std::string(piece).size())) < 30);
  }
}
