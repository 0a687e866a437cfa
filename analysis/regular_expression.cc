#include "analysis/regular_expression.h"

#include <algorithm>

namespace sluice::analysis {
namespace {

using Kind = PatternStep::Kind;

char32_t fold(char32_t c) {
  return c >= U'A' && c <= U'Z' ? c + (U'a' - U'A') : c;
}

char32_t other_case(char32_t c) {
  return c >= U'a' && c <= U'z' ? c - (U'a' - U'A') : fold(c);
}

bool is_word(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9') ||
         c == U'_';
}

/// Bytes of the character that starts with this one; 0 where none does.
size_t utf8_width(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

/// Thompson's simulation: all places in the program at which the text so far may have led, moved on
/// together one character at a time.
class Simulation {
 public:
  Simulation(const PatternProgram& program, const std::vector<char32_t>& text)
      : program_(program), text_(text), marked_(program.steps.size(), 0) {}

  bool run() {
    std::vector<uint32_t> places;
    for (size_t at = 0; at <= text_.size(); ++at) {
      add(places, 0, at);
      if (matched_) return true;
      if (at == text_.size()) break;
      std::vector<uint32_t> next;
      ++round_;
      for (const uint32_t place : places)
        if (accepts(program_.steps[place], text_[at])) add(next, place + 1, at + 1);
      if (matched_) return true;
      places = std::move(next);
    }
    return false;
  }

 private:
  bool accepts(const PatternStep& step, char32_t c) const {
    if (step.kind == Kind::Character)
      return program_.fold_case ? fold(step.character) == fold(c) : step.character == c;
    if (step.kind != Kind::Class) return false;
    const CharacterClass& wanted = program_.classes[step.first];
    if (!program_.fold_case) return wanted.contains(c);
    const bool either =
        wanted.contains(c) != wanted.negated || wanted.contains(other_case(c)) != wanted.negated;
    return either != wanted.negated;
  }

  bool at_boundary(size_t at) const {
    const bool before = at > 0 && is_word(text_[at - 1]);
    const bool after = at < text_.size() && is_word(text_[at]);
    return before != after;
  }

  /// Adds a place and all that follow from it without a character.
  void add(std::vector<uint32_t>& places, uint32_t start, size_t at) {
    pending_.assign(1, start);
    while (!pending_.empty()) {
      const uint32_t place = pending_.back();
      pending_.pop_back();
      if (marked_[place] == round_) continue;
      marked_[place] = round_;
      follow(places, place, at);
    }
  }

  void follow(std::vector<uint32_t>& places, uint32_t place, size_t at) {
    const PatternStep& step = program_.steps[place];
    const auto go_on_if = [&](bool holds) {
      if (holds) pending_.push_back(place + 1);
    };
    switch (step.kind) {
      case Kind::Character:
      case Kind::Class:
        places.push_back(place);
        break;
      case Kind::Split:
        pending_.push_back(step.second);
        pending_.push_back(step.first);
        break;
      case Kind::Jump:
        pending_.push_back(step.first);
        break;
      case Kind::Start:
        go_on_if(at == 0);
        break;
      case Kind::End:
        go_on_if(at == text_.size());
        break;
      case Kind::WordBoundary:
        go_on_if(at_boundary(at));
        break;
      case Kind::NoWordBoundary:
        go_on_if(!at_boundary(at));
        break;
      case Kind::Match:
        matched_ = true;
        break;
    }
  }

  const PatternProgram& program_;
  const std::vector<char32_t>& text_;
  /// The round in which each place was last added.
  std::vector<size_t> marked_;
  std::vector<uint32_t> pending_;
  size_t round_ = 1;
  bool matched_ = false;
};

}  // namespace

bool CharacterClass::contains(char32_t c) const {
  const bool inside = std::any_of(ranges.begin(), ranges.end(), [c](const auto& range) {
    return c >= range.first && c <= range.second;
  });
  return inside != negated;
}

size_t PatternProgram::cost() const {
  size_t comparisons = steps.size();
  for (const PatternStep& step : steps)
    if (step.kind == Kind::Class) comparisons += classes[step.first].ranges.size();
  return comparisons;
}

RegularExpression::RegularExpression(PatternProgram program)
    : program_(std::make_shared<const PatternProgram>(std::move(program))),
      cost_(program_->cost()) {}

Result<RegularExpression> RegularExpression::compile(std::string_view pattern) {
  auto program = parse_pattern(pattern);
  if (!program) return fail(program.error());
  return RegularExpression(std::move(*program));
}

bool RegularExpression::found_in(std::string_view text) const {
  return Simulation(*program_, decode_utf8(text)).run();
}

size_t RegularExpression::work(std::string_view text) const {
  return cost_ * text.size();
}

std::vector<char32_t> decode_utf8(std::string_view text) {
  constexpr char32_t kReplacement = 0xFFFD;
  std::vector<char32_t> decoded;
  decoded.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t width = utf8_width(lead);
    char32_t code = width < 2 ? lead : lead & (0x7FU >> width);
    bool whole = width > 0 && at + width <= text.size();
    for (size_t i = 1; whole && i < width; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      whole = (byte & 0xC0U) == 0x80U;
      code = code << 6U | (byte & 0x3FU);
    }
    decoded.push_back(whole ? code : kReplacement);
    at += whole ? width : 1;
  }
  return decoded;
}

}  // namespace sluice::analysis
