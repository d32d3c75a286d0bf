#include <fmt/core.h>

#include "types/type_case.h"

namespace tidemark::test {
namespace {

/// A fraction of `digits` digits that ends in `last`, the others `fill`; with its point, empty for none.
std::string fraction(int digits, char fill, char last) {
  return digits == 0 ? "" : "." + std::string(static_cast<size_t>(digits - 1), fill) + last;
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

TypeCase datetime(int digits) {
  const std::string nines = fraction(digits, '9', '9'), one = fraction(digits, '0', '1');
  return {fmt::format("dt{}", digits),
          fmt::format("DATETIME({})", digits),
          TypeForm::datetime,
          {quoted("0000-00-00 00:00:00"), quoted("2023-00-15 10:00:00" + one), quoted("2023-05-00 23:59:59" + nines),
           quoted("0001-01-01 00:00:00"), quoted("0001-01-01 00:00:00" + one), quoted("9999-12-31 23:59:59" + nines),
           quoted("1000-01-01 00:00:00"), quoted("1969-12-31 23:59:59" + nines), quoted("1970-01-01 00:00:00"),
           quoted("2024-11-03 01:30:00" + one), quoted("2024-03-10 02:30:00"), quoted("2024-02-29 12:00:00" + fraction(digits, '0', '0')),
           quoted("2023-02-31 00:00:00" + one), quoted("2038-01-19 03:14:08"), quoted("1899-12-31 11:59:59" + one)},
          {}};
}

TypeCase timestamp(int digits) {
  const std::string nines = fraction(digits, '9', '9'), one = fraction(digits, '0', '1');
  // both halves of the hour that New York has twice, the moment before and after it misses one
  return {fmt::format("ts{}", digits),
          fmt::format("TIMESTAMP({})", digits),
          TypeForm::timestamp,
          {quoted("1970-01-01 00:00:01"), quoted("1970-01-01 00:00:01" + nines), quoted("2038-01-19 03:14:07"),
           quoted("2038-01-19 03:14:07" + nines), quoted("2024-11-03 05:30:00" + one), quoted("2024-11-03 06:30:00" + one),
           quoted("2024-03-10 06:59:59" + nines), quoted("2024-03-10 07:00:00"), quoted("0000-00-00 00:00:00"),
           quoted("2024-02-29 12:00:00" + fraction(digits, '5', '0'))},
          {}};
}

TypeCase time(int digits, const std::string& engine) {
  const std::string nines = fraction(digits, '9', '9'), one = fraction(digits, '0', '1');
  TypeCase out{
      fmt::format("t{}", digits),
      fmt::format("TIME({})", digits),
      TypeForm::time,
      {quoted("838:59:58" + nines), quoted("-838:59:58" + nines), quoted("838:59:59"), quoted("-838:59:59"), quoted("-00:00:00" + one),
       quoted("00:00:00" + one), quoted("00:00:00"), quoted("24:00:00"), quoted("-24:00:00"), quoted("-23:59:59" + nines),
       quoted("100:00:00" + nines), quoted("-100:00:00"), quoted("-00:00:01"), quoted("-00:00:01" + one), quoted("-00:00:00" + nines),
       quoted("-00:01:00" + fraction(digits, '5', '0')), quoted("12:34:56" + fraction(digits, '0', '0'))},
      {}};
  // MySQL has no fraction on the last second
  if (engine == "mariadb") out.values.insert(out.values.end(), {quoted("838:59:59" + nines), quoted("-838:59:59" + nines)});
  return out;
}

}  // namespace

TypeTable date_types() {
  TypeTable out{"dates",
                {{"d",
                  "DATE",
                  TypeForm::date,
                  {"'0000-00-00'", "'2023-00-15'", "'2023-05-00'", "'2023-00-00'", "'0001-01-01'", "'1000-01-01'", "'9999-12-31'",
                   "'1969-12-31'", "'1970-01-01'", "'2024-02-29'", "'2023-02-31'", "'1582-10-10'", "'1900-02-28'", "'0004-02-29'"},
                  {}}},
                "STRICT_ALL_TABLES,ALLOW_INVALID_DATES",
                {},
                {}};
  for (int digits = 0; digits <= 6; ++digits) out.columns.push_back(datetime(digits));
  for (int digits = 0; digits <= 6; ++digits) out.columns.push_back(timestamp(digits));
  return out;
}

TypeTable time_types(const std::string& engine) {
  TypeTable out{"times", {}, "STRICT_ALL_TABLES", {}, {}};
  for (int digits = 0; digits <= 6; ++digits) out.columns.push_back(time(digits, engine));
  return out;
}

TypeTable old_temporal_types() {
  TypeTable out{"old_temporal",
                {},
                "STRICT_ALL_TABLES,ALLOW_INVALID_DATES",
                "SET GLOBAL mysql56_temporal_format=OFF",
                "SET GLOBAL mysql56_temporal_format=ON"};
  for (int digits = 0; digits <= 6; ++digits)
    out.columns.insert(out.columns.end(), {time(digits, "mariadb"), datetime(digits), timestamp(digits)});
  return out;
}

}  // namespace tidemark::test
