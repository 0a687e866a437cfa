#include "base/nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace sluice {
namespace {

/// So many letters may be wrong in a word for another to be what was meant.
constexpr size_t kTyposMax = 2;
constexpr size_t kWordMax = 64;  // bytes

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::string nearest_word(std::string_view asked, const std::vector<std::string>& known) {
  if (asked.empty() || asked.size() > kWordMax) return "";
  std::string best;
  size_t typos = kTyposMax + 1;
  for (const std::string& word : known) {
    const size_t found = edit_distance(asked, word);
    if (found < typos && found < asked.size()) {
      typos = found;
      best = word;
    }
  }
  if (!best.empty()) return best;
  const auto longer = std::find_if(known.begin(), known.end(), [asked](const std::string& word) {
    return word.starts_with(asked) || asked.starts_with(word);
  });
  return longer == known.end() ? "" : *longer;
}

}  // namespace sluice
