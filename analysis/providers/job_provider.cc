#include "analysis/providers/job_provider.h"

#include "base/ensure.h"
#include "crds/names.h"
#include "net/sleep.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace sluice::analysis {
namespace {

constexpr std::string_view kKind = "job";
/// Pods bear the name of their Job as a label.
constexpr size_t kNameMax = 63;

const kube::Resource& jobs() {
  const kube::Resource* resource = kube::find_resource("batch", "Job");
  SLUICE_ENSURE(resource != nullptr, "Job is in the table of resources");
  return *resource;
}

/// FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
uint32_t short_hash(std::string_view text) {
  uint32_t hash = 2'166'136'261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  return hash;
}

/// What is told of a condition that ended a Job: "BackoffLimitExceeded: Job has reached …".
std::string told(const Json& condition) {
  const std::string reason = string_at(condition, "reason");
  const std::string message = string_at(condition, "message");
  if (reason.empty() || message.empty()) return reason + message;
  return reason + ": " + message;
}

/// The sample of a Job that has ended; nothing while it goes on.
std::optional<MetricSample> ended(const Json& job) {
  const Json* conditions = find_path(job, "status.conditions");
  if (conditions == nullptr || !conditions->is_array()) return std::nullopt;
  for (const Json& condition : *conditions) {
    if (string_at(condition, "status") != "True") continue;
    const std::string type = string_at(condition, "type");
    if (type != "Complete" && type != "Failed") continue;
    MetricSample sample;
    sample.passed = type == "Complete";
    if (!*sample.passed)
      sample.message = fmt::format("job {}: {}", string_at(job, "metadata.name"), told(condition));
    return sample;
  }
  return std::nullopt;
}

/// A label or an annotation.
struct Mark {
  std::string key;
  std::string value;
};

/// The API server did not answer for a moment; the Job may be doing well.
bool is_passing(const Error& error) {
  return error.code == ErrorCode::Timeout || error.code == ErrorCode::Unavailable ||
         error.code == ErrorCode::Internal;
}

Json owner_of(const ObjectMeta& run) {
  return encode_owner_reference({.api_version = std::string(crds::kApiVersion),
                                 .kind = std::string(crds::kAnalysisRun),
                                 .name = run.name,
                                 .uid = run.uid,
                                 .controller = true});
}

/// Labels or annotations as written, with ours.
Json merged(const Json& block, const char* field, std::initializer_list<Mark> ours) {
  const Json* written = find_path(block, field);
  Json all = written != nullptr && written->is_object() ? *written : Json::object();
  for (const Mark& one : ours) all[one.key] = one.value;
  return all;
}

/// The Job as it is created: its spec as written, and to whom it belongs.
Result<std::string> job_for(const MeasureRequest& request, const std::string& name) {
  const JsonText& config = request.metric.provider.config;
  const auto block = parse_json(config ? *config : std::string("{}"));
  if (!block) return fail(block.error().within("provider.job"));
  const Mark label{std::string(kJobRunUidLabel), request.run.uid};
  Json job = {{"apiVersion", "batch/v1"}, {"kind", "Job"}};
  job["metadata"] = {
      {"name", name},
      {"namespace", request.run.namespace_},
      {"labels", merged(*block, "metadata.labels", {label})},
      {"annotations", merged(*block, "metadata.annotations",
                             {{std::string(kJobRunNameAnnotation), request.run.name},
                              {std::string(kJobMetricAnnotation), request.metric.name}})},
      {"ownerReferences", Json::array({owner_of(request.run)})}};
  job["spec"] = block->value("spec", Json::object());
  Json& pods = job["spec"]["template"];
  pods["metadata"]["labels"] = merged(pods, "metadata.labels", {label});
  return dump_json(job);
}

void check_spec(const Json& block, std::string_view path, crds::FieldProblems& problems) {
  const Json* containers = find_path(block, "spec.template.spec.containers");
  if (containers == nullptr || !containers->is_array() || containers->empty()) {
    problems.push_back({fmt::format("{}.spec.template.spec.containers", path),
                        "Required value: the pods of a Job need a container"});
    return;
  }
  const std::string policy = string_at(block, "spec.template.spec.restartPolicy");
  if (policy == "Never" || policy == "OnFailure" || policy.contains("{{")) return;
  problems.push_back({fmt::format("{}.spec.template.spec.restartPolicy", path),
                      policy.empty() ? "Required value: Never or OnFailure"
                                     : fmt::format("Unsupported value: \"{}\": supported values: "
                                                   "\"Never\", \"OnFailure\"",
                                                   policy)});
}

class JobProvider : public MetricProvider {
 public:
  JobProvider(kube::ObjectStore* store, Clock* clock) : store_(store), clock_(clock) {}

  std::string_view name() const override { return kKind; }

  crds::FieldProblems check(const JsonText& config, std::string_view path) const override {
    const auto block = parse_json(config ? *config : std::string("{}"));
    if (!block || !block->is_object()) return {{std::string(path), "must be an object"}};
    crds::FieldProblems problems;
    check_spec(*block, path, problems);
    return problems;
  }

  net::Awaitable<Result<Answer>> begin(MeasureRequest request) override {
    if (store_ == nullptr || request.run.uid.empty())
      co_return fail(invalid("a Job is run for an AnalysisRun in a cluster only"));
    const auto problems = check(request.metric.provider.config, "provider.job");
    if (!problems.empty()) co_return fail(invalid(problems.front().sentence()));
    const std::string name = job_name(request.run.uid, request.metric.name, request.number);
    co_return Answer(Underway{.metadata = {{std::string(kJobName), name}}});
  }

  net::Awaitable<Result<Answer>> resume(MeasureRequest request, Underway begun) override {
    if (store_ == nullptr) co_return fail(invalid("a Job is run in a cluster only"));
    const std::string name = begun.metadata[std::string(kJobName)];
    const ObjectKey key{request.run.namespace_, name};
    if (auto there = co_await ensure(request, key); !there) co_return fail(there.error());
    co_await forget_old(request);
    for (Duration wait = kJobLookMin;; wait = std::min<Duration>(wait * 3 / 2, kJobLookMax)) {
      const auto job = co_await store_->get(jobs(), key);
      if (!job && !is_passing(job.error())) co_return fail(job.error().within("job " + name));
      if (job) {
        const auto document = job->parse();
        if (!document) co_return fail(document.error().within("job " + name));
        if (auto sample = ended(*document)) co_return Answer(*std::move(sample));
      }
      co_await net::sleep_for(*clock_, wait);
    }
  }

  net::Awaitable<Result<void>> terminate(ObjectMeta run, Underway begun) override {
    const std::string name = begun.metadata[std::string(kJobName)];
    if (store_ == nullptr || name.empty()) co_return Result<void>{};
    co_return co_await remove({run.namespace_, name});
  }

 private:
  /// Makes the Job, unless it is there.
  net::Awaitable<Result<void>> ensure(MeasureRequest request, ObjectKey key) {
    auto there = co_await store_->get(jobs(), key);
    if (there) co_return check_owner(*there, request.run);
    if (there.error().code != ErrorCode::NotFound) co_return fail(there.error());
    const auto body = job_for(request, key.name);
    if (!body) co_return fail(body.error());
    const auto made = co_await store_->create(jobs(), key.namespace_, *body);
    if (made || made.error().code == ErrorCode::AlreadyExists) co_return Result<void>{};
    co_return fail(made.error().within("job " + key.name));
  }

  static Result<void> check_owner(const kube::Object& job, const ObjectMeta& run) {
    if (job.meta.label(kJobRunUidLabel) == run.uid) return {};
    return fail(invalid(fmt::format("job {} is there and not this run's", job.meta.name)));
  }

  /// The Job of the measurement that the run does not keep any more. One that cannot be removed now
  /// goes away with its run.
  net::Awaitable<void> forget_old(MeasureRequest request) {
    const int32_t old = request.number - request.retention;
    if (old < 1) co_return;
    const std::string name = job_name(request.run.uid, request.metric.name, old);
    static_cast<void>(co_await remove({request.run.namespace_, name}));
  }

  net::Awaitable<Result<void>> remove(ObjectKey key) {
    auto removed = co_await store_->remove(jobs(), key, {});
    if (!removed && removed.error().code == ErrorCode::NotFound) removed = {};
    co_return removed;
  }

  kube::ObjectStore* store_;
  Clock* clock_;
};

}  // namespace

std::string job_name(std::string_view run_uid, std::string_view metric, int32_t number) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  const std::string end = fmt::format(".{}", number);
  const size_t room = kNameMax - std::min(kNameMax, run_uid.size() + 1 + end.size());
  const bool fits = !metric.empty() && metric.size() <= room &&
                    std::ranges::all_of(metric, is_plain) && metric.front() != '-' &&
                    metric.back() != '-';
  const std::string part = fits ? std::string(metric) : fmt::format("{:08x}", short_hash(metric));
  return fmt::format("{}.{}{}", run_uid, part, end);
}

std::unique_ptr<MetricProvider> make_job_provider(kube::ObjectStore* store, Clock* clock) {
  return std::make_unique<JobProvider>(store, clock);
}

}  // namespace sluice::analysis
