#include "cli/look/watch_view.h"

#include "cli/output.h"

namespace sluice::cli {

bool is_for_people(const std::string& format) {
  return format.empty() || format == "wide";
}

WatchView::WatchView(bool watch, const std::string& format)
    : watch_(watch),
      paints_(watch && is_for_people(format) && Screen::possible()),
      separator_(is_for_people(format) ? "\n"
                 : format == "yaml"    ? "---\n"
                                       : "") {}

bool WatchView::show(const std::string& text, const std::string& state) {
  if (!watch_) return print(text);
  if (paints_) return screen_.paint(text);
  if (state == shown_) return true;
  const std::string before = shown_.empty() ? "" : separator_;
  shown_ = state;
  return print(before + text);
}

}  // namespace sluice::cli
