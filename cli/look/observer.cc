#include "cli/look/observer.h"

#include "base/json_list.h"
#include "cli/look/rollout_tree.h"
#include "net/url.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace sluice::cli {
namespace {

constexpr Duration kPatience = std::chrono::seconds(10);
constexpr size_t kAnswerMax = size_t{1024} * 1024;  // bytes
constexpr int kOk = 200;

std::string decision_line(const Json& decision) {
  const auto said = [&](const char* who) {
    const std::string what = string_at(decision, who);
    return what.empty() ? std::string("nothing") : what;
  };
  const std::string aspect = string_at(decision, "aspect");
  const std::string ours = said("sluice");
  const std::string other = said("otherEngine");
  if (ours == other) return fmt::format("{} {}, as the other engine", aspect, ours);
  return fmt::format("{} {}; the other engine has {}", aspect, ours, other);
}

class Lines {
 public:
  void add(const char* key, const std::string& value) {
    text_ += header_line(std::exchange(last_, key) == key ? "" : key, value);
  }

  const std::string& text() const { return text_; }

 private:
  const char* last_ = nullptr;
  std::string text_;
};

}  // namespace

net::Awaitable<Result<Json>> ask_observer(net::HttpClient& client, std::string url,
                                          ObjectKey rollout) {
  while (url.ends_with('/')) url.pop_back();
  net::HttpRequest request;
  request.url = fmt::format("{}/debug/rollouts/{}/{}", url, net::percent_encode(rollout.namespace_),
                            net::percent_encode(rollout.name));
  request.deadline = kPatience;
  request.body_max = kAnswerMax;
  const auto answer = co_await client.send(std::move(request));
  if (!answer) co_return fail(answer.error().within("the observer at " + url));
  auto said = answer->status == kOk ? parse_json(answer->body) : Result<Json>(Json());
  const bool ours = said && said->is_object() && said->contains("decisions");
  if (!ours)
    co_return fail(invalid(fmt::format("what answers at {} (status {}) is no controller of Sluice",
                                       url, answer->status)));
  co_return said;
}

std::string render_observed(const Json& answer) {
  Lines lines;
  const Json& decisions = list_at(answer, "decisions");
  if (decisions.empty()) {
    lines.add("Observer:",
              "compares nothing: it has not looked yet, or runs without --observe-only");
    return lines.text();
  }
  for (const Json& decision : decisions) lines.add("Sluice would:", decision_line(decision));
  for (const Json& wait : list_at(answer, "waitingFor"))
    lines.add("  wait for:",
              fmt::format("{}: {}", string_at(wait, "reason"), string_at(wait, "message")));
  const Json& differences = list_at(answer, "differences");
  for (const Json& difference : differences)
    if (difference.is_string()) lines.add("Differed:", difference.get<std::string>());
  if (differences.empty()) lines.add("Differed:", "in nothing, since the observer began");
  return lines.text();
}

}  // namespace sluice::cli
