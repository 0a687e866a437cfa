#include "local/pods/pod_log_reader.h"

#include "base/json_list.h"
#include "local/pods/pod_log_text.h"
#include "net/sleep.h"
#include "net/turn.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::local {

namespace {

constexpr Duration kFollowPeriod = std::chrono::milliseconds(100);

class FileStream final : public PodLogStream {
 public:
  FileStream(std::filesystem::path path, const PodLogQuery& query, Clock& clock,
             std::function<bool()> is_running)
      : reader_(std::move(path), query.tail_lines),
        lines_(query.timestamps, query.since),
        left_(query.limit_bytes),
        follow_(query.follow),
        clock_(clock),
        is_running_(std::move(is_running)) {}

  boost::asio::awaitable<Result<std::optional<std::string>>> read() override {
    std::string text;
    while (text.empty() && !ended_) {
      // Asked before the file is read: what was written until the end is then read, too.
      const bool more_may_come = follow_ && is_running_();
      const std::string bytes = reader_.read();
      text = lines_.take(bytes);
      if (bytes.empty() && more_may_come) {
        co_await net::sleep_for(clock_, kFollowPeriod);
      } else if (bytes.empty()) {
        ended_ = true;
        text = lines_.finish();
      } else if (text.empty()) {
        co_await net::take_turn();  // What is too old is passed over, however much there is of it.
      }
    }
    co_return limit(std::move(text));
  }

 private:
  std::optional<std::string> limit(std::string text) {
    if (left_) {
      text.resize(std::min<size_t>(text.size(), static_cast<size_t>(std::max<int64_t>(*left_, 0))));
      *left_ -= static_cast<int64_t>(text.size());
      ended_ = ended_ || *left_ <= 0;
    }
    return text.empty() ? std::nullopt : std::optional<std::string>(std::move(text));
  }

  LogFileReader reader_;
  LogLines lines_;
  std::optional<int64_t> left_;
  bool follow_;
  Clock& clock_;
  std::function<bool()> is_running_;
  bool ended_ = false;
};

/// The container's entry in the pod's status; null where there is none.
Json find_status(const kube::Object& pod, const std::string& container) {
  const Json document = pod.parse().value_or(Json());
  for (const char* list : {"status.containerStatuses", "status.initContainerStatuses"})
    for (const Json& status : list_at(document, list))
      if (string_at(status, "name") == container) return status;
  return {};
}

}  // namespace

Result<LogKey> FilePodLogs::choose_run(const kube::Object& pod, const PodLogQuery& query) const {
  LogKey key{pod.meta.key(), pod.meta.uid, query.container, 0};
  const std::vector<int> runs = files_.runs(key);
  const Json status = find_status(pod, query.container);
  if (runs.empty() && !query.previous) {
    return fail(invalid(fmt::format(
        "container \"{}\" in pod \"{}\" is waiting to start: {}", query.container, pod.meta.name,
        string_at(status, "state.waiting.reason", "ContainerCreating"))));
  }
  // Between two runs the one that has ended is both the newest and the previous one.
  const bool between = find_path(status, "state.waiting") != nullptr;
  const size_t back = query.previous && !between ? 2 : 1;
  if (runs.size() < back) {
    return fail(invalid(fmt::format("previous terminated container \"{}\" in pod \"{}\" not found",
                                    query.container, pod.meta.name)));
  }
  key.run = runs[runs.size() - back];
  return key;
}

boost::asio::awaitable<Result<std::unique_ptr<PodLogStream>>> FilePodLogs::open(ObjectKey pod,
                                                                                PodLogQuery query) {
  const kube::ObjectPtr object = pods_.find(pod);
  if (object == nullptr) co_return fail(not_found(fmt::format("pods \"{}\" not found", pod.name)));
  const Result<LogKey> key = choose_run(*object, query);
  if (!key) co_return fail(key.error());
  std::unique_ptr<PodLogStream> stream = std::make_unique<FileStream>(
      files_.path(*key), query, clock_,
      [this, key = *key] { return is_running_(key.uid, key.container, key.run); });
  co_return std::move(stream);
}

}  // namespace sluice::local
