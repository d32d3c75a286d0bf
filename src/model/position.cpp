#include "tidemark/position.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tidemark/error.h"

namespace tidemark {

namespace {

[[noreturn]] void bad_position(std::string_view text, const char* why) {
  throw Error(ErrorKind::usage, fmt::format("reading the position '{}'", printable(text.substr(0, 200))), why,
              "A position is written as binlog.000012:4711, as a GTID set, or as 0/16B3748 (PostgreSQL).");
}

std::string offset_text(const Position& position, const LogOffset& offset) {
  if (position.lineage == Lineage::postgres) return fmt::format("{}:{}", offset.file, lsn_text(offset.byte));
  return fmt::format("{}.{:06}:{}", position.log_name, offset.file, offset.byte);
}

constexpr std::string_view lineage_name(Lineage lineage) {
  switch (lineage) {
    case Lineage::none: return "-";
    case Lineage::mysql: return "mysql";
    case Lineage::mariadb: return "mariadb";
    case Lineage::postgres: return "postgres";
  }
  return "-";
}

void parse_number(std::string_view whole, std::string_view digits, uint64_t& out) {
  auto [p, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (ec != std::errc{} || p != digits.data() + digits.size() || digits.empty()) bad_position(whole, "a number was expected");
}

constexpr uint64_t kTxidsMax = 1u << 20;  // more than any server runs between two snapshots

/// "727,730-733": those that follow each other are written as a range, for every commit at the sink carries them.
std::string txids_text(const std::vector<uint64_t>& txids) {
  std::string out;
  for (size_t i = 0; i < txids.size();) {
    size_t last = i;
    while (last + 1 < txids.size() && txids[last + 1] == txids[last] + 1) ++last;
    out += fmt::format("{}{}", i == 0 ? "" : ",", txids[i]);
    if (last > i) out += fmt::format("-{}", txids[last]);
    i = last + 1;
  }
  return out;
}

void parse_txids(std::string_view whole, std::string_view text, std::vector<uint64_t>& out) {
  for (;;) {
    const size_t comma = text.find(','), dash = text.substr(0, comma).find('-');
    uint64_t first = 0, last = 0;
    parse_number(whole, text.substr(0, std::min(comma, dash)), first);
    if (dash == std::string_view::npos) {
      last = first;
    } else {
      parse_number(whole, text.substr(0, comma).substr(dash + 1), last);
    }
    if (last < first || last - first >= kTxidsMax - out.size()) bad_position(whole, "a range of transactions that cannot be");
    for (uint64_t id = first; id - first <= last - first; ++id) out.push_back(id);
    if (comma == std::string_view::npos) return;
    text.remove_prefix(comma + 1);
  }
}

void parse_place(std::string_view whole, std::string_view text, LogOffset& offset) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) bad_position(whole, "no timeline with a ':' before the LSN");
  parse_number(whole, text.substr(0, colon), offset.file);
  const std::optional<uint64_t> lsn = parse_lsn(text.substr(colon + 1));
  if (!lsn) bad_position(whole, "a LSN is two hexadecimal numbers with '/' between them");
  offset.byte = *lsn;
}

void parse_offset(std::string_view whole, std::string_view text, std::string& log_name, LogOffset& offset) {
  size_t colon = text.rfind(':');
  size_t dot = colon == std::string_view::npos ? colon : text.rfind('.', colon);
  if (dot == std::string_view::npos) bad_position(whole, "no file name with a number and no ':'");
  log_name = std::string(text.substr(0, dot));
  parse_number(whole, text.substr(dot + 1, colon - dot - 1), offset.file);
  parse_number(whole, text.substr(colon + 1), offset.byte);
}

}  // namespace

std::string lsn_text(uint64_t lsn) { return fmt::format("{:X}/{:X}", lsn >> 32, lsn & 0xffffffff); }

std::optional<uint64_t> parse_lsn(std::string_view text) {
  const auto half = [](std::string_view digits) -> std::optional<uint64_t> {
    uint32_t out = 0;
    auto [p, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
    if (ec != std::errc{} || digits.empty() || p != digits.data() + digits.size()) return std::nullopt;
    return out;
  };
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<uint64_t> high = half(text.substr(0, slash)), low = half(text.substr(slash + 1));
  if (!high || !low) return std::nullopt;
  return *high << 32 | *low;
}

std::string Position::file_text() const {
  if (!known() || offset.file == 0) return "-";
  return lineage == Lineage::postgres ? lsn_text(offset.byte) : offset_text(*this, offset);
}

std::string Position::text() const {
  if (!known()) return "-";
  std::string out = fmt::format("{} server={}", lineage_name(lineage), server);
  if (offset.file != 0) out += (lineage == Lineage::postgres ? " lsn=" : " file=") + offset_text(*this, offset);
  if (!gtids.empty()) out += " gtids=" + gtids.text();
  if (read_from.file != 0) {
    out += " read_from=" + offset_text(*this, read_from);
    if (!read_from_gtids.empty()) out += " read_from_gtids=" + read_from_gtids.text();
  }
  if (copied_to.file != 0) out += " copied_to=" + offset_text(*this, copied_to);
  if (!unseen.empty()) out += " unseen=" + txids_text(unseen);
  if (loose) out += " loose=1";
  return out;
}

Position Position::parse(std::string_view text) {
  Position p;
  if (text == "-") return p;
  std::string_view left = text;
  auto word = [&] {
    size_t end = left.find(' ');
    std::string_view w = left.substr(0, end);
    left = end == std::string_view::npos ? std::string_view{} : left.substr(end + 1);
    return w;
  };
  std::string_view engine = word();
  for (const Lineage lineage : {Lineage::mysql, Lineage::mariadb, Lineage::postgres}) {
    if (engine == lineage_name(lineage)) p.lineage = lineage;
  }
  if (!p.known()) bad_position(text, "it does not start with 'mysql', 'mariadb' or 'postgres'");
  const bool postgres = p.lineage == Lineage::postgres;
  auto gtids = [&](std::string_view s) { return p.lineage == Lineage::mysql ? GtidSet::parse_mysql(s) : GtidSet::parse_mariadb(s); };
  while (!left.empty()) {
    std::string_view item = word();
    size_t eq = item.find('=');
    if (eq == std::string_view::npos) bad_position(text, "'name=value' was expected");
    std::string_view name = item.substr(0, eq), value = item.substr(eq + 1);
    if (name == "server")
      p.server = std::string(value);
    else if (name == "lsn" && postgres)
      parse_place(text, value, p.offset);
    else if (name == "copied_to" && postgres)
      parse_place(text, value, p.copied_to);
    else if (name == "file" && !postgres)
      parse_offset(text, value, p.log_name, p.offset);
    else if (name == "gtids" && !postgres)
      p.gtids = gtids(value);
    else if (name == "read_from" && !postgres)
      parse_offset(text, value, p.log_name, p.read_from);
    else if (name == "read_from_gtids" && !postgres)
      p.read_from_gtids = gtids(value);
    else if (name == "copied_to")
      parse_offset(text, value, p.log_name, p.copied_to);
    else if (name == "unseen")
      parse_txids(text, value, p.unseen);
    else if (name == "loose" && value == "1")
      p.loose = true;
    else
      bad_position(text, "an unknown name before '='");
  }
  return p;
}

Visibility::Sight Visibility::judge(const TransactionMark& mark) const {
  if (by == By::gtids) return gtids.contains(mark.gtid) ? Sight::seen : Sight::unseen;
  if (by == By::snapshot) return sees_txid(mark.txid) ? Sight::seen : Sight::unseen;
  // The offset of a read view lies between two transactions, so a transaction that begins before it ends at or before it.
  if (!(mark.begin < offset)) return Sight::unseen;
  bool proved = true;
  switch (mark.order) {
    case CommitOrder::log: break;
    case CommitOrder::xa: proved = xa_ended(mark.begin, mark.xid); break;
    case CommitOrder::loose:
    case CommitOrder::unended: proved = loose; break;
  }
  return proved ? Sight::seen : Sight::unknown;
}

bool Visibility::xa_ended(LogOffset begin, uint64_t xid) const {
  return begin < xa_before && std::find(xa_open.begin(), xa_open.end(), xid) == xa_open.end();
}

bool Visibility::sees_all(const Position& position) const {
  switch (by) {
    case By::gtids: return gtids.contains(position.gtids);
    case By::snapshot:
      return std::all_of(position.unseen.begin(), position.unseen.end(), [this](uint64_t txid) { return sees_txid(txid); });
    case By::offset: break;
  }
  return position.offset <= offset;
}

bool Visibility::sees_txid(uint64_t txid) const {
  return txid < txid_end && !std::binary_search(in_progress.begin(), in_progress.end(), txid);
}

uint64_t widen_txid(uint32_t low, uint64_t near) {
  const auto distance = static_cast<int32_t>(low - static_cast<uint32_t>(near));
  return near + static_cast<uint64_t>(static_cast<int64_t>(distance));
}

}  // namespace tidemark
