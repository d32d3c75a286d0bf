#include <fmt/core.h>

#include "types/type_case.h"

namespace tidemark::test {
namespace {

std::string nested(int depth) { return std::string(static_cast<size_t>(depth), '[') + "1" + std::string(static_cast<size_t>(depth), ']'); }

}  // namespace

std::vector<std::string> json_documents(int depth) {
  return {"'null'",
          "'true'",
          "'{}'",
          "'[]'",
          "'\"\"'",
          "'9007199254740993'",
          "'18446744073709551615'",
          "'-9223372036854775808'",
          "'[0, -1, 32767, 32768, 65535, 65536, 2147483648, 4294967296, 9223372036854775807]'",
          "'[1.0, -0.0, 0.1, 1e22, 1.5e-7, 3.141592653589793, 1e300]'",
          "'{\"b\": 1, \"a\": {\"long key\": [true, false, null, {\"x\": [[]]}]}, \"\": \"empty\", \"ключ\": \"значение\"}'",
          "'{\"a\": 1, \"a\": 2, \"b\": 3}'",
          "'\"naïve 漢字 😀 \\\\u00e9 \\\\ud83d\\\\ude00 \\\\\\\\ \\\\\" \\\\/ \\\\b\\\\f\\\\n\\\\r\\\\t\"'",
          "'\"\\\\u0001\\\\u001f\\\\u007f\"'",
          "'" + nested(depth) + "'",
          "CONCAT('[\"', REPEAT('x', 70000), '\", 1]')",
          "CONCAT('[', REPEAT('{\"k\": 123456789, \"text\": \"värde\"},', 4000), 'null]')",
          "'  { \"spaced\" :  [ 1 ,2 ] }  '"};
}

TypeTable mysql_json_types() {
  TypeTable out{"json", {{"j", "JSON", TypeForm::json, json_documents(95), {}}}, "STRICT_ALL_TABLES", {}, {}};
  auto& values = out.columns[0].values;
  // scalars that JSON text has not: they live in MySQL's binary form
  for (const char* scalar :
       {"CAST(12345678901234567890.123456789 AS DECIMAL(40,9))", "CAST(-0.5 AS DECIMAL(3,1))", "CAST('2024-02-29' AS DATE)",
        "CAST('2024-02-29 23:59:59.000001' AS DATETIME(6))", "CAST('-838:59:59' AS TIME(6))", "CAST('12:00:00.5' AS TIME(6))",
        "TIMESTAMP'2024-11-03 05:30:00'", "CAST('0001-01-01' AS DATE)"}) {
    values.push_back(fmt::format("JSON_ARRAY({0}, JSON_OBJECT('k', {0}))", scalar));
  }
  values.push_back("JSON_ARRAY(REPEAT(X'00ff41', 100), CAST(REPEAT('9', 65) AS DECIMAL(65,0)), POINT(1, 2))");
  values.push_back("JSON_ARRAY(X'00ff41', b'101', 1.5e0, -0e0, 18446744073709551615, TRUE)");
  values.push_back("CAST(CAST('2024-02-29 01:02:03' AS DATETIME) AS JSON)");
  values.push_back("JSON_OBJECT('year', CAST(1999 AS YEAR), 'point', ST_AsGeoJSON(ST_GeomFromText('POINT(1 2)')))");
  values.push_back("'[1e-310, 5e-324, 1.7976931348623157e308, 123456789012345678901234567890]'");
  values.push_back("'\"a\\\\u0000b\"'");
  return out;
}

TypeTable mysql_json_updates() {
  TypeTable out{"json_updates", {}, "STRICT_ALL_TABLES", {}, {}, false};
  const std::string document =
      R"({"a": 1000000, "b": "text of some length", "list": [1, 2, 3, {"k": "value"}, "end"], "name": "värde 漢字", "big": 9007199254740993,)"
      R"( "we ird.\"key": {"deep": [[["x"]], 1.5]}, "null": null, "double": 0.1, "pad": ")";
  out.columns.push_back({"j",
                         "JSON",
                         TypeForm::json,
                         {"'" + std::string("[1, [2, 3], {\"a\": 5}, \"some text\", 1.25, \"") + std::string(200, 'p') + "\"]'",
                          "CONCAT(CONVERT(X'" +
                              [&] {
                                std::string hex;
                                for (char c : document) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
                                return hex;
                              }() +
                              "' USING utf8mb4), REPEAT('p', 300), '\"}')",
                          "JSON_OBJECT('a', CAST(12345.678 AS DECIMAL(20,3)), 'b', CAST('2024-02-29 12:00:00' AS DATETIME(6)), 'list', "
                          "JSON_ARRAY('x', 2, JSON_OBJECT('k', X'00ff')), 'pad', REPEAT('q', 70000))"},
                         {}});
  out.columns.push_back({"other", "LONGTEXT", TypeForm::text, {"REPEAT('o', 1000)"}, {}});
  return out;
}

std::vector<std::string> json_updates() {
  return {"JSON_SET(j, '$.a', 2)",
          "JSON_REPLACE(j, '$.b', 'short')",
          "JSON_REMOVE(j, '$.list[1]')",
          "JSON_SET(j, '$.list[2].k', 'w', '$.name', 'é😀')",
          "JSON_SET(j, '$.a', CAST('2024-01-01' AS DATE))",
          "JSON_SET(j, '$.a', CAST(-1.10 AS DECIMAL(5,2)))",
          "JSON_SET(j, '$.a', 1.5e10)",
          "JSON_SET(j, '$.a', 18446744073709551615)",
          "JSON_SET(j, '$.a', CAST('null' AS JSON))",
          "JSON_REPLACE(j, '$.\"we ird.\\\\\"key\".deep[0]', 'y')",
          "JSON_SET(j, '$.b', JSON_ARRAY())",
          "JSON_SET(j, '$.new', JSON_OBJECT('x', 1))",
          "JSON_REMOVE(j, '$.b', '$.new')",
          "JSON_SET(j, '$[0]', 7, '$[1][1]', 'z')",
          "JSON_REPLACE(j, '$[2].a', TRUE)",
          "JSON_REMOVE(j, '$[1]')",
          "JSON_SET(j, '$[3]', X'00ff41')",
          "JSON_REPLACE(j, '$.list[0]', '\\\\\"quoted\\\\\"')",
          "JSON_SET(JSON_REMOVE(j, '$.list'), '$.big', 1)",
          "JSON_ARRAY_APPEND(j, '$.list', 5)",
          "JSON_SET(j, '$.pad', 'x')"};
}

}  // namespace tidemark::test
