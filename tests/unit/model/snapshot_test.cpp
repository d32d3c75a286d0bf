// Visibility by transaction id: what pg_current_snapshot() says of a transaction in the log.
#include "support/catch.h"
#include "tidemark/error.h"
#include "tidemark/position.h"

using namespace tidemark;

namespace {

constexpr uint64_t kEpoch = 1ull << 32;

TransactionMark transaction(uint64_t txid, uint64_t lsn = 100) {
  TransactionMark mark;
  mark.txid = txid;
  mark.begin = {1, lsn};
  mark.end = {1, lsn + 10};
  return mark;
}

/// As "727:731:727,729".
Visibility snapshot(uint64_t txid_end, std::vector<uint64_t> in_progress) {
  Visibility v;
  v.by = Visibility::By::snapshot;
  v.txid_end = txid_end;
  v.in_progress = std::move(in_progress);
  v.offset = {1, 1000};  // beyond all of them: the place in the log proves nothing
  return v;
}

}  // namespace

TEST_CASE("a snapshot sees what was over when it was taken, wherever that lies in the log") {
  const Visibility v = snapshot(731, {727, 729});
  CHECK(v.sees(transaction(726)));
  CHECK_FALSE(v.sees(transaction(727)));
  CHECK(v.sees(transaction(728)));
  CHECK_FALSE(v.sees(transaction(729)));
  CHECK(v.sees(transaction(730)));
  CHECK_FALSE(v.sees(transaction(731)));
  CHECK(v.sees(transaction(728, 5000)));
  CHECK_FALSE(v.sees(transaction(727, 1)));
}

TEST_CASE("the barrier asks for every transaction that was delivered and not seen yet") {
  Position p;
  p.offset = {1, 5000};
  CHECK(snapshot(731, {727}).sees_all(p));
  p.unseen = {726, 730};
  CHECK(snapshot(731, {727}).sees_all(p));
  CHECK_FALSE(snapshot(731, {726}).sees_all(p));
  CHECK_FALSE(snapshot(730, {}).sees_all(p));
}

TEST_CASE("the 32 bits that the log carries are widened by a neighbour, across epochs") {
  CHECK(widen_txid(727, 730) == 727);
  CHECK(widen_txid(730, 727) == 730);
  CHECK(widen_txid(3, kEpoch - 5) == kEpoch + 3);
  CHECK(widen_txid(0xfffffffb, kEpoch + 3) == kEpoch - 5);
  CHECK(widen_txid(3, 7 * kEpoch + 100) == 7 * kEpoch + 3);
  CHECK(widen_txid(0x7fffffff, kEpoch) == kEpoch + 0x7fffffff);
}

TEST_CASE("what is not seen yet is saved with the position") {
  Position p;
  p.lineage = Lineage::mysql;
  p.server = "s";
  p.log_name = "log";
  p.offset = {1, 5000};
  p.unseen = {727, kEpoch + 3};
  CHECK(p.text() == "mysql server=s file=log.000001:5000 unseen=727,4294967299");
  CHECK(Position::parse(p.text()) == p);
  p.copied_to = {2, 4};
  CHECK(p.text() == "mysql server=s file=log.000001:5000 copied_to=log.000002:4 unseen=727,4294967299");
  CHECK(Position::parse(p.text()) == p);
  p.loose = true;
  CHECK(p.text() == "mysql server=s file=log.000001:5000 copied_to=log.000002:4 unseen=727,4294967299 loose=1");
  CHECK(Position::parse(p.text()) == p);
  CHECK_THROWS_AS(Position::parse("mysql server=s loose=2"), Error);
  CHECK_THROWS_AS(Position::parse("mysql server=s copied_to=4"), Error);
  CHECK_THROWS_AS(Position::parse("mysql server=s unseen="), Error);
  CHECK_THROWS_AS(Position::parse("mysql server=s unseen=1,"), Error);
  CHECK_THROWS_AS(Position::parse("mysql server=s unseen=1,x"), Error);
}

TEST_CASE("a place in PostgreSQL's log has a text form, which is read back as it was") {
  Position p;
  p.lineage = Lineage::postgres;
  p.server = "7312345678901234567";
  p.offset = {2, 0x1'6B3748ull};
  p.copied_to = {2, 0xA'00000010ull};
  p.unseen = {kEpoch + 5, kEpoch + 7, kEpoch + 8, kEpoch + 9};
  CHECK(p.text() == "postgres server=7312345678901234567 lsn=2:0/16B3748 copied_to=2:A/10 unseen=4294967301,4294967303-4294967305");
  CHECK(Position::parse(p.text()) == p);
  CHECK(p.file_text() == "0/16B3748");
  for (const char* wrong : {"postgres server=1 lsn=0/16B3748", "postgres server=1 lsn=1:16B3748", "postgres server=1 lsn=1:0/",
                            "postgres server=1 file=binlog.000001:4", "postgres server=1 unseen=3-1", "postgres server=1 unseen=1-9999999",
                            "postgres server=1 unseen=1-", "postgres server=1 lsn=1:0/1FFFFFFFF", "oracle server=1"}) {
    CHECK_THROWS_AS(Position::parse(wrong), Error);
  }
}
