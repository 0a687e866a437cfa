#pragma once

// TextLayer: a text whose encodings are taken off layer by layer, and which still knows where each
// of its bytes was written. "p%2540x" is a percent-encoded "p%40x", and that a "p@x".

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::analysis {

class TextLayer {
 public:
  /// Layers beyond this are left on: nobody writes them but to be a nuisance.
  static constexpr int kLayersMax = 8;

  /// The text as it is written.
  explicit TextLayer(std::string_view text);

  const std::string& text() const { return text_; }

  /// Where the byte at `at`, or what it was decoded from, begins in the text as it is written; that
  /// text's size at the end.
  size_t origin(size_t at) const { return origins_[at]; }

  /// Decodes once what is percent-encoded, escaped as in JSON (and \x41), or a character reference
  /// of HTML; false where there was nothing of it.
  bool take_off();

 private:
  std::string text_;
  std::vector<size_t> origins_;
  int taken_off_ = 0;
};

}  // namespace sluice::analysis
