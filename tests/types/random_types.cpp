#include <fmt/core.h>

#include <cstdint>
#include <random>

#include "types/type_case.h"

namespace tidemark::test {
namespace {

constexpr size_t kRandomRows = 600;

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  uint64_t upto(uint64_t last) { return engine_() % (last + 1); }  // the same everywhere, unlike the distributions
  std::string digits(int count) {
    std::string out;
    // long runs of 0 and of 9 are where groups of digits end
    for (int i = 0; i < count; ++i) {
      const uint64_t kind = upto(9);
      out += kind < 3 ? '0' : kind < 6 ? '9' : static_cast<char>('0' + upto(9));
    }
    return out;
  }
  std::string sign() { return upto(1) == 0 ? "-" : ""; }
  std::string decimal(int precision, int scale) {
    const int whole = static_cast<int>(upto(static_cast<uint64_t>(precision - scale)));
    const int fraction = static_cast<int>(upto(static_cast<uint64_t>(scale)));
    return sign() + (whole == 0 ? "0" : digits(whole)) + (fraction == 0 ? "" : "." + digits(fraction));
  }
  std::string number(int exponent_max, int places) {
    return fmt::format("{}{}.{}e{}{}", sign(), upto(9), digits(places), sign(), upto(static_cast<uint64_t>(exponent_max)));
  }
  std::string clock(uint64_t hours_max, int places) {
    return fmt::format("{:02}:{:02}:{:02}{}{}", upto(hours_max), upto(59), upto(59), places == 0 ? "" : ".", digits(places));
  }
  std::string day(uint64_t first_year, uint64_t last_year) {
    return fmt::format("{:04}-{:02}-{:02}", first_year + upto(last_year - first_year), 1 + upto(11), 1 + upto(27));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace

TypeTable random_types(unsigned seed) {
  Dice dice(seed);
  TypeTable out{"random", {}, "STRICT_ALL_TABLES", {}, {}};
  const auto add = [&](const std::string& name, const std::string& type, TypeForm form, auto value, const std::string& printed = {}) {
    TypeCase column{name, type, form, {}, printed};
    for (size_t i = 0; i < kRandomRows; ++i) column.values.push_back(value());
    out.columns.push_back(column);
  };
  for (const auto& [precision, scale] : {std::pair(65, 30), std::pair(38, 18), std::pair(20, 10), std::pair(11, 2), std::pair(9, 9)}) {
    add(fmt::format("d{}_{}", precision, scale), fmt::format("DECIMAL({},{})", precision, scale), TypeForm::decimal,
        [&dice, precision = precision, scale = scale] { return dice.decimal(precision, scale); });
  }
  add(
      "f", "FLOAT", TypeForm::real, [&] { return dice.number(36, 9); }, "CAST({} AS DOUBLE)");
  add(
      "d", "DOUBLE", TypeForm::real, [&] { return dice.number(305, 17); }, "CAST({} AS DOUBLE)");
  add("i", "BIGINT", TypeForm::integer, [&] { return fmt::format("{}", static_cast<int64_t>(dice.upto(UINT64_MAX - 1))); });
  add("u", "BIGINT UNSIGNED", TypeForm::integer, [&] { return fmt::format("{}", dice.upto(UINT64_MAX - 1) >> dice.upto(63)); });
  add("m", "MEDIUMINT", TypeForm::integer, [&] { return fmt::format("{}{}", dice.sign(), dice.upto(8388607)); });
  add("b", "BIT(61)", TypeForm::bits, [&] { return fmt::format("{}", dice.upto(UINT64_MAX - 1) >> 3); });
  for (int places : {0, 1, 2, 3, 4, 5, 6}) {
    add(fmt::format("dt{}", places), fmt::format("DATETIME({})", places), TypeForm::datetime,
        [&dice, places] { return fmt::format("'{} {}'", dice.day(1, 9999), dice.clock(23, places)); });
    add(fmt::format("ts{}", places), fmt::format("TIMESTAMP({})", places), TypeForm::timestamp,
        [&dice, places] { return fmt::format("'{} {}'", dice.day(1971, 2037), dice.clock(23, places)); });
    add(fmt::format("t{}", places), fmt::format("TIME({})", places), TypeForm::time,
        [&dice, places] { return fmt::format("'{}{}'", dice.sign(), dice.clock(837, places)); });
  }
  return out;
}

}  // namespace tidemark::test
