#pragma once

// What a Job needs next: pods that run to their end, made anew when they fail, until enough of them
// have succeeded or too many have failed. Pure: `plan_job` decides, job_controller.h acts.
//
// Modelled of batch/v1: completions, parallelism, backoffLimit, activeDeadlineSeconds, suspend,
// ttlSecondsAfterFinished. Indexed completions and pod failure policies are not.

#include "base/json.h"
#include "base/object_meta.h"
#include "local/pods/pod_crew.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::local {

struct JobSpec {
  int parallelism = 1;
  /// Absent: the pods share their work out among themselves, and one that succeeds ends the Job.
  std::optional<int> completions = 1;
  int backoff_limit = 6;
  std::optional<Duration> active_deadline;
  std::optional<Duration> ttl;  ///< After its end.
  bool suspended = false;
  bool deleting = false;
};

/// How a Job has ended.
enum class JobEnd { Complete, BackoffLimitExceeded, DeadlineExceeded };

struct JobStatus {
  int active = 0;
  int ready = 0;
  int succeeded = 0;
  int failed = 0;
  bool suspended = false;
  std::optional<SystemTime> started_at;
  std::optional<SystemTime> ended_at;
  std::optional<JobEnd> end;

  bool operator==(const JobStatus&) const = default;
};

struct Job {
  ObjectMeta meta;
  JobSpec spec;
  JobStatus status;
};

Job decode_job(const ObjectMeta& meta, const Json& document);

struct JobPlan {
  int create = 0;
  std::vector<ObjectMeta> remove;
  bool remove_job = false;  ///< Its time to live after its end is over.
  JobStatus status;
  std::optional<Duration> wake_after;
};

/// The most pods that one plan creates.
inline constexpr int kJobBurst = 100;
/// The wait after the first failed pod; it doubles with each further one up to kJobBackoffMax
/// (Kubernetes: "exponential back-off delay (10s, 20s, 40s …) capped at six minutes").
inline constexpr Duration kJobBackoff = std::chrono::seconds(10);
inline constexpr Duration kJobBackoffMax = std::chrono::minutes(6);

JobPlan plan_job(const Job& job, const std::vector<OwnedPod>& pods, SystemTime now);

/// The status to write.
Json render_job_status(const JobStatus& status);

}  // namespace sluice::local
