// What two looks at the partitions of a table say: the text of one, and the comparison.
#include "engine/postgres/partitions.h"

#include "support/catch.h"

using namespace tidemark::postgres;

namespace {

Partitions two() {
  Partition a, b;
  a = {700, 16400, 16403, 0, true, false, "public.p 1"};
  b = {701, 16503, 0, 0, true, false, "public.p2"};
  return {{16400, a}, {16500, b}};
}

}  // namespace

TEST_CASE("partitions come back from their text", "[partitions]") {
  CHECK(partitions_from(partitions_text(two())) == two());
  CHECK_FALSE(partitions_text({}).empty());
  CHECK(partitions_from(partitions_text({})).empty());
  CHECK(partitions_from("").empty());
  CHECK(partitions_from("partitions 2\n1 2 3 4 5 p\n").empty());
  CHECK(partitions_from("partitions 1\n1 2 3 4 p\n").empty());
  CHECK(partitions_from("partitions 1\n1 2 3 4 5").empty());
}

TEST_CASE("partitions that come and go", "[partitions]") {
  CHECK(compare(two(), two()).lost.empty());
  Partitions now = two();
  now.erase(16500);
  CHECK(compare(two(), now).lost.find("public.p2 was detached or dropped") != std::string::npos);
  CHECK(compare(now, two()).lost.empty());  // made as one
  now = two();
  now[16500].brought = true;
  CHECK(compare(two(), now).lost.empty());  // it was one at the first look already
  now[16600] = {702, 16600, 0, 0, true, true, "public.p3"};
  CHECK(compare(two(), now).lost.find("public.p3 was attached") != std::string::npos);
  now = two();
  now[16400].attached = 800;
  CHECK(compare(two(), now).lost.find("public.p 1 was detached and attached again") != std::string::npos);
}

TEST_CASE("partitions with a new file", "[partitions]") {
  using Names = std::vector<std::string>;
  Partitions now = two();
  now[16400].file = 17000;
  CHECK(compare(two(), now).unclear == Names{"public.p 1"});  // as by VACUUM FULL
  now[16400].counted = false;
  CHECK(compare(two(), now).emptied == Names{"public.p 1"});
  CHECK_FALSE(compare(two(), now).all_new);
  now[16500].file = 17001;
  now[16500].counted = false;
  CHECK(compare(two(), now).emptied.size() == 2);
  CHECK(compare(two(), now).all_new);
  now[16400].toast = 17003;      // rewritten
  now[16500].tablespace = 1663;  // moved
  CHECK(compare(two(), now).emptied.empty());
}
