#include "config/nearest.h"

#include <algorithm>
#include <cctype>

namespace tidemark {
namespace {

constexpr size_t kLengthMax = 64;  // longer words are nobody's typo of a key or a verb

/// Edit distance with swaps of neighbours as one edit; case is ignored.
size_t edits(std::string_view a, std::string_view b) {
  auto same = [](char x, char y) { return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y)); };
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = cost[i - 1][j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  if (word.empty() || word.size() > kLengthMax) return best;
  size_t best_edits = std::min(word.size(), std::max<size_t>(1, word.size() / 3) + 1);
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLengthMax) continue;
    size_t n = edits(word, candidate);
    if (n < best_edits) {
      best_edits = n;
      best = candidate;
    }
  }
  if (!best.empty() || word.size() < 3) return best;
  for (const std::string& candidate : candidates) {
    if (candidate.compare(0, word.size(), word) != 0) continue;
    if (!best.empty()) return "";  // the beginning of more than one
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  std::string found = nearest(word, candidates);
  return found.empty() ? "" : " (did you mean '" + found + "'?)";
}

}  // namespace tidemark
