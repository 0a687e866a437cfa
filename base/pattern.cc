#include "base/pattern.h"

#include <fmt/core.h>

#include <re2/re2.h>

namespace sluice {
namespace {

re2::RE2::Options options() {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kPatternMemoryMax);
  return options;
}

int unicode_classes(std::string_view expression) {
  int count = 0;
  for (size_t i = 0; i + 1 < expression.size(); ++i) {
    if (expression[i] != '\\') continue;
    ++i;
    count += expression[i] == 'p' || expression[i] == 'P' ? 1 : 0;
  }
  return count;
}

Error bad(std::string_view expression, std::string_view why) {
  constexpr size_t kShownMax = 200;
  const std::string_view shown = expression.substr(0, kShownMax);
  return invalid(fmt::format("bad regular expression \"{}{}\": {}", shown,
                             shown.size() < expression.size() ? "…" : "", why));
}

}  // namespace

Result<Pattern> Pattern::compile(std::string_view expression) {
  if (expression.size() > kPatternBytesMax)
    return fail(bad(expression, fmt::format("longer than {} bytes", kPatternBytesMax)));
  if (unicode_classes(expression) > kPatternUnicodeClassesMax) {
    return fail(bad(expression, fmt::format("has more than {} classes such as \\pL",
                                            kPatternUnicodeClassesMax)));
  }
  const re2::StringPiece text(expression.data(), expression.size());
  auto compiled = std::make_shared<const re2::RE2>(text, options());
  if (!compiled->ok()) return fail(bad(expression, compiled->error()));
  if (compiled->ProgramSize() > kPatternStepsMax)
    return fail(bad(expression, fmt::format("takes more than {} steps", kPatternStepsMax)));
  return Pattern(std::move(compiled));
}

bool Pattern::found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

size_t Pattern::work_to_compile(std::string_view expression) {
  constexpr size_t kByte = 16;
  constexpr size_t kUnicodeClass = 10'000;
  const auto classes = static_cast<size_t>(unicode_classes(expression));
  return expression.size() * kByte + classes * kUnicodeClass;
}

size_t Pattern::work(size_t bytes) const {
  return bytes * static_cast<size_t>(compiled_->ProgramSize());
}

const std::string& Pattern::expression() const {
  return compiled_->pattern();
}

}  // namespace sluice
