#include <fmt/core.h>

#include "types/type_case.h"

namespace tidemark::test {
namespace {

constexpr auto kText = TypeForm::text;

/// Every byte but NUL, as a literal of the character set.
std::string all_bytes(const std::string& charset, int first, int last) {
  std::string out = "_" + charset + " X'";
  for (int i = first; i <= last; ++i) out += fmt::format("{:02x}", i);
  return out + "'";
}

std::vector<std::string> edges_of_text() {
  return {"''",       "'a'",
          "'a  '",    "'  a'",
          "'  '",     "'naïve Ωμέγα 漢字 עברית'",
          "'😀'",      "'\\n\\r\\t\\\\N \\'quoted\\' \"twice\" \\\\x41'",
          "'\\\\N'",  "'\\0'",
          "'a\\0b'",  "'NULL'",
          "'\\Z'",    "'e\\u0301'",
          "'\\u200b'"};
}

}  // namespace

TypeTable text_types() {
  TypeTable out{"texts", {}, "STRICT_ALL_TABLES", {}, {}};
  for (const char* type : {"CHAR(255)", "CHAR(30)", "VARCHAR(40)", "VARCHAR(63)", "VARCHAR(64)", "VARCHAR(2000)", "TINYTEXT", "TEXT",
                           "MEDIUMTEXT", "LONGTEXT", "CHAR(30) COLLATE utf8mb4_bin", "VARCHAR(40) COLLATE utf8mb4_general_ci"}) {
    out.columns.push_back({fmt::format("t{}", out.columns.size()), type, kText, edges_of_text(), {}});
  }
  out.columns[0].values.push_back("REPEAT('😀', 255)");
  out.columns[3].values.push_back("REPEAT('😀', 63)");
  out.columns[4].values.push_back("REPEAT('😀', 64)");
  out.columns[5].values.push_back("REPEAT('x', 2000)");
  out.columns[6].values.push_back("REPEAT('x', 255)");
  out.columns[7].values.push_back("REPEAT('x', 65535)");
  out.columns[8].values.push_back("REPEAT('漢', 70000)");
  out.columns.push_back({"c0", "CHAR(0)", kText, {"''"}, {}});
  out.columns.push_back({"v0", "VARCHAR(0)", kText, {"''"}, {}});
  out.columns.push_back({"three", "VARCHAR(40) CHARACTER SET utf8mb3", kText, {"'漢字 é'", "''", "'a '"}, {}});
  out.columns.push_back({"seven", "CHAR(40) CHARACTER SET ascii", kText, {"'plain '", "''", "'~'"}, {}});
  return out;
}

TypeTable single_byte_text_types() {
  TypeTable out{"single_byte_texts", {}, "STRICT_ALL_TABLES", {}, {}};
  for (const char* charset :
       {"latin1",  "latin2", "latin5", "latin7", "cp1250",  "cp1251", "cp1256", "cp1257", "cp850",    "cp852", "cp866",  "dec8",
        "geostd8", "greek",  "hebrew", "hp8",    "keybcs2", "koi8r",  "koi8u",  "macce",  "macroman", "swe7",  "tis620", "armscii8"}) {
    const std::string set = fmt::format(" CHARACTER SET {}", charset);
    const std::vector<std::string> values{all_bytes(charset, 1, 127), all_bytes(charset, 128, 255), "''", all_bytes(charset, 32, 32)};
    out.columns.push_back({fmt::format("{}_c", charset), "CHAR(128)" + set, kText, values, {}});
    out.columns.push_back({fmt::format("{}_t", charset), "TEXT" + set, kText, values, {}});
  }
  return out;
}

TypeTable multi_byte_text_types(const std::string& engine) {
  TypeTable out{"multi_byte_texts", {}, "STRICT_ALL_TABLES", {}, {}};
  struct Sample {
    const char *charset, *text;
  };
  // characters whose second byte is a backslash are among them
  const std::vector<Sample> samples{{"big5", "許功蓋 漢字"},       {"gb2312", "汉字 编码"},      {"gbk", "汉字 誠 運 羺"},
                                    {"sjis", "ソ表能 日本語 ｱｲｳ"}, {"cp932", "ソ表能 ①㈱ 髙 ｱ"}, {"ujis", "日本語 ｱｲｳ 表 丂"},
                                    {"eucjpms", "日本語 ①㈱ ｱ"},   {"euckr", "한국어 漢字"},     {"ucs2", "Ω漢字\\u20ac"},
                                    {"utf16", "漢字 😀 Ω"},         {"utf16le", "漢字 😀 Ω"},      {"utf32", "漢字 😀 Ω"}};
  const auto add = [&](const Sample& sample) {
    const std::string set = fmt::format(" CHARACTER SET {}", sample.charset);
    const std::string text = sample.text;
    const std::vector<std::string> values{"'" + text + "'", "''", "'plain  '", "'" + text + text + " '", "REPEAT('" + text + "', 9)"};
    out.columns.push_back({fmt::format("{}_c", sample.charset), "CHAR(150)" + set, kText, values, {}});
    out.columns.push_back({fmt::format("{}_v", sample.charset), "VARCHAR(150)" + set, kText, values, {}});
    out.columns.push_back({fmt::format("{}_t", sample.charset), "TEXT" + set, kText, values, {}});
  };
  for (const Sample& sample : samples) add(sample);
  if (engine == "mysql") add({"gb18030", "汉字 😀 㐀 ö"});
  return out;
}

TypeTable label_types() {
  const auto members = [](size_t count) {
    std::string out;
    for (size_t i = 1; i <= count; ++i) out += fmt::format("{}'m{}'", i == 1 ? "" : ",", i);
    return "(" + out + ")";
  };
  std::string all64;
  for (int i = 1; i <= 64; ++i) all64 += fmt::format("{}m{}", i == 1 ? "" : ",", i);
  // not strict: what is no member becomes '' with number 0
  TypeTable out{"labels",
                {{"e",
                  "ENUM('a','B','ß','it''s','x,y','back\\\\slash','sp ace')",
                  kText,
                  {"'a'", "'B'", "'ß'", "'it''s'", "'x,y'", "'no member'", "''", "7", "6"},
                  {}},
                 {"e_empty", "ENUM('','a')", kText, {"''", "'a'", "'no member'"}, {}},
                 {"e255", "ENUM" + members(255), kText, {"255", "1", "128", "'no member'"}, {}},
                 {"e256", "ENUM" + members(256), kText, {"256", "255", "1", "'no member'"}, {}},
                 {"e3000", "ENUM" + members(3000), kText, {"3000", "256", "2999", "1"}, {}},
                 {"e_latin1", "ENUM('é','ü','z') CHARACTER SET latin1", kText, {"'é'", "'ü'", "'z'"}, {}},
                 {"e_koi8r", "ENUM('да','нет') CHARACTER SET koi8r", kText, {"'да'", "'нет'"}, {}},
                 {"e_sjis", "ENUM('ソ','表') CHARACTER SET sjis", kText, {"'ソ'", "'表'"}, {}},
                 {"e_utf16", "ENUM('漢','Ω') CHARACTER SET utf16", kText, {"'漢'", "'Ω'"}, {}},
                 {"s", "SET('a','b','ß','it''s')", kText, {"'a,b'", "''", "'ß'", "15", "'it''s,a'", "'no member'"}, {}},
                 {"s8", "SET" + members(8), kText, {"255", "128", "0", "1"}, {}},
                 {"s9", "SET" + members(9), kText, {"511", "256", "0", "1"}, {}},
                 {"s33", "SET" + members(33), kText, {"8589934591", "4294967296", "0"}, {}},
                 {"s64", "SET" + members(64), kText, {"'" + all64 + "'", "'m64'", "'m1'", "''", "'m63,m64'"}, {}},
                 {"s_gbk", "SET('汉','字') CHARACTER SET gbk", kText, {"'汉,字'", "'字'"}, {}}},
                "",
                {},
                {}};
  return out;
}

}  // namespace tidemark::test
