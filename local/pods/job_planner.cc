#include "local/pods/job_planner.h"

#include "base/json_list.h"
#include "local/pods/probe_spec.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace sluice::local {
namespace {

int count_at(const Json& document, std::string_view path, int fallback) {
  return static_cast<int>(
      std::clamp<int64_t>(int_at(document, path, fallback), 0, std::numeric_limits<int>::max()));
}

std::optional<Duration> optional_seconds(const Json& document, std::string_view path) {
  if (find_path(document, path) == nullptr) return std::nullopt;
  return seconds_at(document, path);
}

std::optional<SystemTime> time_at(const Json& document, std::string_view path) {
  const Result<SystemTime> time = parse_time(string_at(document, path));
  return time ? std::optional(*time) : std::nullopt;
}

struct EndWords {
  JobEnd end;
  const char* condition;
  const char* reason;
  const char* message;
};

constexpr EndWords kEnds[] = {
    {JobEnd::Complete, "Complete", "CompletionsReached",
     "Reached expected number of succeeded pods"},
    {JobEnd::BackoffLimitExceeded, "Failed", "BackoffLimitExceeded",
     "Job has reached the specified backoff limit"},
    {JobEnd::DeadlineExceeded, "Failed", "DeadlineExceeded",
     "Job was active longer than specified deadline"},
};

const EndWords& words_of(JobEnd end) {
  return *std::find_if(std::begin(kEnds), std::end(kEnds),
                       [end](const EndWords& words) { return words.end == end; });
}

std::optional<JobEnd> decode_end(const Json& document) {
  for (const Json& condition : list_at(document, "status.conditions")) {
    if (string_at(condition, "status") != "True") continue;
    for (const EndWords& words : kEnds) {
      const bool same =
          string_at(condition, "type") == words.condition &&
          (words.end == JobEnd::Complete || string_at(condition, "reason") == words.reason);
      if (same) return words.end;
    }
  }
  return std::nullopt;
}

/// 10 s, 20 s, 40 s … after the last failure.
SystemTime next_try(int failed, SystemTime last_failure) {
  if (failed == 0) return {};
  Duration wait = kJobBackoff;
  for (int i = 1; i < failed && wait < kJobBackoffMax; ++i) wait *= 2;
  return last_failure + std::min(wait, kJobBackoffMax);
}

/// What the pods show.
struct Count {
  std::vector<ObjectMeta> active;
  int ready = 0;
  int succeeded = 0;
  int failed = 0;
  int restarts = 0;  ///< Of the pods that are there: with restartPolicy OnFailure they count, too.
  SystemTime last_failure{};
};

Count count_pods(const std::vector<OwnedPod>& pods) {
  Count count;
  for (const OwnedPod& pod : pods) {
    if (pod.facts.phase == "Succeeded") {
      ++count.succeeded;
    } else if (pod.facts.phase == "Failed") {
      ++count.failed;
      count.last_failure = std::max(count.last_failure, pod.facts.finished_at);
    } else if (!pod.deleting) {
      count.active.push_back(pod.meta);
      count.ready += pod.facts.ready ? 1 : 0;
      count.restarts += pod.facts.restarts;
    }
  }
  return count;
}

bool is_enough(const JobSpec& spec, int succeeded, size_t active) {
  return spec.completions ? succeeded >= *spec.completions : succeeded > 0 && active == 0;
}

/// How the Job ends now, if it does.
std::optional<JobEnd> decide_end(const Job& job, const JobStatus& status, const Count& count,
                                 SystemTime now) {
  if (is_enough(job.spec, status.succeeded, count.active.size())) return JobEnd::Complete;
  if (status.failed + count.restarts > job.spec.backoff_limit) return JobEnd::BackoffLimitExceeded;
  const auto& deadline = job.spec.active_deadline;
  const bool late = deadline && status.started_at && now >= *status.started_at + *deadline;
  return late ? std::optional(JobEnd::DeadlineExceeded) : std::nullopt;
}

void wake_at(JobPlan& plan, SystemTime at, SystemTime now) {
  const Duration wait = std::max<Duration>(at - now, std::chrono::milliseconds(1));
  if (!plan.wake_after || wait < *plan.wake_after) plan.wake_after = wait;
}

void plan_ended(const Job& job, JobPlan& plan, SystemTime now) {
  if (!job.spec.ttl) return;
  const SystemTime expiry = plan.status.ended_at.value_or(now) + *job.spec.ttl;
  plan.remove_job = now >= expiry;
  if (!plan.remove_job) wake_at(plan, expiry, now);
}

/// How many pods should be at work.
int wanted_pods(const JobSpec& spec, int succeeded) {
  if (!spec.completions) return succeeded > 0 ? 0 : spec.parallelism;
  return std::min(spec.parallelism, *spec.completions - succeeded);
}

void plan_running(const Job& job, Count& count, JobPlan& plan, SystemTime now) {
  const int active = static_cast<int>(count.active.size());
  const int wanted = wanted_pods(job.spec, plan.status.succeeded);
  if (wanted < active && job.spec.completions) {
    plan.remove.assign(count.active.begin() + wanted, count.active.end());
  } else if (wanted > active) {
    const SystemTime at = next_try(plan.status.failed, count.last_failure);
    if (now >= at)
      plan.create = std::min(wanted - active, kJobBurst);
    else
      wake_at(plan, at, now);
  }
  const auto& deadline = job.spec.active_deadline;
  if (deadline && plan.status.started_at) wake_at(plan, *plan.status.started_at + *deadline, now);
}

}  // namespace

Job decode_job(const ObjectMeta& meta, const Json& document) {
  Job job{.meta = meta, .spec = {}, .status = {}};
  job.spec.parallelism = count_at(document, "spec.parallelism", 1);
  job.spec.completions.reset();
  if (find_path(document, "spec.completions") != nullptr)
    job.spec.completions = count_at(document, "spec.completions", 1);
  job.spec.backoff_limit = count_at(document, "spec.backoffLimit", 6);
  job.spec.active_deadline = optional_seconds(document, "spec.activeDeadlineSeconds");
  job.spec.ttl = optional_seconds(document, "spec.ttlSecondsAfterFinished");
  job.spec.suspended = bool_at(document, "spec.suspend");
  job.spec.deleting = meta.deletion_timestamp.has_value();
  job.status.active = count_at(document, "status.active", 0);
  job.status.ready = count_at(document, "status.ready", 0);
  job.status.succeeded = count_at(document, "status.succeeded", 0);
  job.status.failed = count_at(document, "status.failed", 0);
  job.status.started_at = time_at(document, "status.startTime");
  job.status.end = decode_end(document);
  if (job.status.end) {
    const Json& last = document["status"]["conditions"].back();
    job.status.ended_at = time_at(last, "lastTransitionTime");
  }
  return job;
}

JobPlan plan_job(const Job& job, const std::vector<OwnedPod>& pods, SystemTime now) {
  JobPlan plan;
  plan.status = job.status;
  Count count = count_pods(pods);
  // Somebody may delete a pod that has ended: what was counted once stays counted.
  plan.status.succeeded = std::max(job.status.succeeded, count.succeeded);
  plan.status.failed = std::max(job.status.failed, count.failed);
  plan.status.suspended = job.spec.suspended && !job.status.end;
  if (job.spec.suspended)
    plan.status.started_at.reset();
  else if (!plan.status.started_at)
    plan.status.started_at = now;
  if (!plan.status.end && !plan.status.suspended) {
    plan.status.end = decide_end(job, plan.status, count, now);
    if (plan.status.end) plan.status.ended_at = now;
  }
  const bool works = !plan.status.end && !plan.status.suspended && !job.spec.deleting;
  plan.status.active = works ? static_cast<int>(count.active.size()) : 0;
  plan.status.ready = works ? count.ready : 0;
  if (works)
    plan_running(job, count, plan, now);
  else if (!job.spec.deleting)
    plan.remove = std::move(count.active);
  if (plan.status.end) plan_ended(job, plan, now);
  return plan;
}

Json render_job_status(const JobStatus& status) {
  Json json{{"active", status.active}, {"ready", status.ready}, {"succeeded", status.succeeded},
            {"failed", status.failed}, {"startTime", nullptr},  {"completionTime", nullptr},
            {"conditions", nullptr}};
  if (status.started_at) json["startTime"] = format_time(*status.started_at);
  if (status.suspended)
    json["conditions"] = Json::array({{{"type", "Suspended"}, {"status", "True"}}});
  if (!status.end) return json;
  const EndWords& words = words_of(*status.end);
  const std::string at = format_time(status.ended_at.value_or(SystemTime{}));
  if (status.end == JobEnd::Complete) json["completionTime"] = at;
  json["conditions"] = Json::array({{{"type", words.condition},
                                     {"status", "True"},
                                     {"reason", words.reason},
                                     {"message", words.message},
                                     {"lastProbeTime", at},
                                     {"lastTransitionTime", at}}});
  return json;
}

}  // namespace sluice::local
