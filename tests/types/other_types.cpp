#include <fmt/core.h>

#include <algorithm>

#include "types/type_case.h"

namespace tidemark::test {
size_t TypeTable::rows() const {
  size_t out = 0;
  for (const TypeCase& column : columns) out = std::max(out, column.values.size());
  return out;
}

std::vector<TypeTable> held_by_both(std::vector<TypeTable> tables) {
  constexpr size_t kDepthMax = 31;  // of brackets
  for (TypeTable& table : tables) {
    for (TypeCase& column : table.columns) {
      const auto of_one = [&](const std::string& value) {
        if (column.form == TypeForm::time) return value.find("838:59:59.") != std::string::npos;
        const bool is_json = column.form == TypeForm::json || column.form == TypeForm::json_text;
        return is_json && value.find(std::string(kDepthMax, '[')) != std::string::npos;
      };
      column.values.erase(std::remove_if(column.values.begin(), column.values.end(), of_one), column.values.end());
      if (column.form == TypeForm::real && !column.printed.empty()) column.printed += " + 0e0";  // which takes the sign off a zero
    }
  }
  return tables;
}

TypeTable byte_types() {
  const auto b = TypeForm::bytes;
  const std::vector<std::string> small{"''", "X'00'", "X'0000'", "X'6100'", "X'61'", "X'ff'", "X'20'", "X'6120'", "X'5c4e'"};
  TypeTable out{"bytes",
                {{"b1", "BINARY(1)", b, {"''", "X'00'", "X'ff'", "X'20'"}, {}},
                 {"b4", "BINARY(4)", b, {"''", "X'61000000'", "X'00000000'", "X'00000061'", "X'6120'", "X'20202020'", "X'ffffffff'"}, {}},
                 {"b16", "BINARY(16)", b, {"X'00112233445566778899aabbccddee00'", "X'00'"}, {}},
                 {"b255", "BINARY(255)", b, {"REPEAT(X'ab', 255)", "X'00'", "REPEAT(X'00', 255)"}, {}},
                 {"v10", "VARBINARY(10)", b, small, {}},
                 {"v255", "VARBINARY(255)", b, small, {}},
                 {"v256", "VARBINARY(256)", b, small, {}},
                 {"b0", "BINARY(0)", b, {"''"}, {}},
                 {"tiny", "TINYBLOB", b, small, {}},
                 {"plain", "BLOB", b, small, {}},
                 {"medium", "MEDIUMBLOB", b, small, {}},
                 {"long_one", "LONGBLOB", b, small, {}},
                 {"same", "VARCHAR(10) CHARACTER SET binary", b, small, {}}},
                "STRICT_ALL_TABLES",
                {},
                {}};
  out.columns[5].values.push_back("REPEAT(X'0aff', 127)");
  out.columns[6].values.push_back("REPEAT(X'00ff', 128)");
  out.columns[8].values.push_back("REPEAT(X'00', 255)");
  out.columns[9].values.push_back("REPEAT(X'fe', 65535)");
  out.columns[10].values.push_back("REPEAT(X'fd00', 40000)");
  return out;
}

TypeTable large_types() {
  // a row beyond the 16 MB of one packet, and one whose parts meet the border closely
  return {"large",
          {{"b", "LONGBLOB", TypeForm::bytes, {"REPEAT(X'00ff41275c', 4194304)", "REPEAT(X'61', 16777215)"}, {}},
           {"t", "LONGTEXT", TypeForm::text, {"REPEAT('né😀', 100)", "REPEAT('ab', 300000)"}, {}}},
          "STRICT_ALL_TABLES",
          {},
          {}};
}

TypeTable geometry_types(const std::string& engine) {
  const auto g = TypeForm::geometry;
  const auto from = [](const std::string& wkt) { return "ST_GeomFromText('" + wkt + "')"; };
  const std::string point = from("POINT(1.5 -2.25)"), line = from("LINESTRING(0 0,1 1,2 0)"),
                    polygon = from("POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,2 4,4 4,2 2))"), points = from("MULTIPOINT((1 1),(2 2))"),
                    lines = from("MULTILINESTRING((0 0,1 1),(2 2,3 3))"),
                    polygons = from("MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))"),
                    collection = from("GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))");
  const std::string placed = engine == "mysql" ? "ST_GeomFromText('POINT(52.5 13.4)', 4326)" : "ST_GeomFromText('POINT(13.4 52.5)', 4326)";
  TypeTable out{"geometries",
                {{"any_kind", "GEOMETRY", g, {point, line, polygon, points, lines, polygons, collection, placed}, {}},
                 {"p", "POINT", g, {point, placed, from("POINT(0 0)"), from("POINT(1e300 -1e-300)")}, {}},
                 {"l", "LINESTRING", g, {line}, {}},
                 {"pg", "POLYGON", g, {polygon}, {}},
                 {"mp", "MULTIPOINT", g, {points}, {}},
                 {"ml", "MULTILINESTRING", g, {lines}, {}},
                 {"mpg", "MULTIPOLYGON", g, {polygons}, {}},
                 {"c", "GEOMETRYCOLLECTION", g, {collection, from("GEOMETRYCOLLECTION EMPTY")}, {}}},
                "STRICT_ALL_TABLES",
                {},
                {}};
  if (engine == "mysql") out.columns.push_back({"on_earth", "POINT SRID 4326", g, {placed}, {}});
  return out;
}

TypeTable mysql_vector_types() {
  return {"vectors",
          {{"v3",
            "VECTOR(3)",
            TypeForm::vector,
            {"STRING_TO_VECTOR('[1,2.5,-0.1]')", "X'FFFF7F7F0100000000000080'", "STRING_TO_VECTOR('[16777216]')"},
            {}},
           {"v2000", "VECTOR(2000)", TypeForm::vector, {"CAST(REPEAT(X'0000803f', 2000) AS BINARY)"}, {}}},
          "STRICT_ALL_TABLES",
          {},
          {}};
}

TypeTable mariadb_own_types() {
  TypeTable out{
      "mariadb_own",
      {{"j", "JSON", TypeForm::json_text, json_documents(31), {}},
       {"u",
        "UUID",
        TypeForm::uuid,
        {"'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "'0123ABCD-4567-89ab-8def-0123456789AB'",
         "'123e4567-e89b-12d3-a456-426655440000'", "'11000000-0000-0000-0000-000000000000'"},
        {}},
       {"i4", "INET4", TypeForm::inet, {"'0.0.0.0'", "'255.255.255.255'", "'192.168.1.0'", "'32.32.32.32'"}, {}},
       {"i6",
        "INET6",
        TypeForm::inet,
        {"'::'", "'::1'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'", "'2001:db8::8:800:200c:417a'", "'::ffff:192.0.2.1'",
         "'2001:db8:0:1:0:0:0:1'", "'1:0:0:2:0:0:0:3'", "'::1.2.3.4'", "'2020:2020:2020:2020:2020:2020:2020:2020'"},
        {}},
       {"v",
        "VARCHAR(2000) COMPRESSED",
        TypeForm::text,
        {"''", "'short'", "REPEAT('long 漢字 ', 150)", "REPEAT('x', 2000)", "'  '", "CONCAT(REPEAT('y', 1000), ' ')"},
        {}},
       {"vb", "VARBINARY(2000) COMPRESSED", TypeForm::bytes, {"''", "X'00'", "REPEAT(X'00ff', 900)", "X'ff'"}, {}},
       {"t", "TEXT COMPRESSED", TypeForm::text, {"''", "'short'", "REPEAT('long 漢字 ', 3000)"}, {}},
       {"b", "BLOB COMPRESSED", TypeForm::bytes, {"''", "X'00'", "REPEAT(X'00ff', 30000)"}, {}},
       {"lb", "LONGBLOB COMPRESSED", TypeForm::bytes, {"REPEAT(X'00ff41', 1000000)", "''", "X'80'"}, {}},
       {"tl", "MEDIUMTEXT COMPRESSED CHARACTER SET latin1", TypeForm::text, {"REPEAT('é', 500)", "'é'"}, {}},
       {"v9", "VARCHAR(9) COMPRESSED", TypeForm::text, {"'漢字'", "''", "REPEAT('x', 9)"}, {}},
       {"tb", "TINYBLOB COMPRESSED", TypeForm::bytes, {"REPEAT(X'00', 250)", "''", "X'80'"}, {}}},
      "STRICT_ALL_TABLES",
      {},
      {}};
  return out;
}

std::vector<TypeTable> all_type_tables(const std::string& engine) {
  std::vector<TypeTable> out{
      integer_types(), decimal_types(),          float_and_bit_types(),         date_types(), time_types(engine), label_types(),
      text_types(),    single_byte_text_types(), multi_byte_text_types(engine), byte_types(), large_types(),      geometry_types(engine)};
  if (engine == "mysql") {
    out.push_back(mysql_json_types());
    out.push_back(mysql_vector_types());
  } else {
    out.push_back(mariadb_own_types());
    out.push_back(old_temporal_types());
  }
  return out;
}

}  // namespace tidemark::test
