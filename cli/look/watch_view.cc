#include "cli/look/watch_view.h"

#include "cli/output.h"

namespace sluice::cli {

bool is_for_people(const std::string& format) {
  return format.empty() || format == "wide";
}

std::string separator_of(const std::string& format) {
  if (is_for_people(format)) return "\n";
  return format == "yaml" ? "---\n" : "";
}

WatchView::WatchView(bool watch, const std::string& format)
    : watch_(watch),
      paints_(watch && is_for_people(format) && Screen::possible()),
      separator_(separator_of(format)) {}

bool WatchView::show(const std::string& text, const std::string& state) {
  if (!watch_) return print(text);
  if (paints_) return screen_.paint(text);
  if (state == shown_) return true;
  const std::string before = shown_.empty() ? "" : separator_;
  shown_ = state;
  return print(before + text);
}

}  // namespace sluice::cli
