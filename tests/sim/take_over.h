#pragma once

// TakeOver is a life that begins where another engine stopped: with what Argo Rollouts has left in
// a namespace, some of it in mid-update (tests/controller/argo_objects.h). Whoever takes over may
// be one process or several, which die, stand still and meet an API that fails; until somebody
// wants something, nothing is made, sized, selected or begun anew. Then people go on, and all ends
// well.

#include "tests/controller/argo_objects.h"
#include "tests/controller/controller_world.h"
#include "tests/sim/crew.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sluice::sim {

class TakeOver {
 public:
  explicit TakeOver(uint32_t seed);

  /// False where something went wrong.
  bool run();

  /// What went wrong, and all that happened until then.
  std::string report() const;

 private:
  TakeOver(uint32_t seed, Dice dice);
  /// One second, in which something may befall whoever takes over.
  void pass(bool troubled);
  void trouble();
  void end_jobs();
  void expect_untouched();
  /// Another engine has set a deadline, and by the clock of whoever leads, which may be wrong, it
  /// is over.
  bool is_past_deadline(const Json& before, const Json& after);
  void person_acts(const std::string& name);
  void release(const std::string& name);
  bool ends_healthy();
  void patch_status(const std::string& name, const Json& status);
  bool is_healthy(const std::string& name) const;
  Json rollout(const std::string& name) const;
  void expect(bool holds, const std::string& what);

  Dice dice_;
  std::string moment_;
  controller::test::ArgoObjects found_;
  controller::test::ControllerWorld world_;
  Crew crew_;
  std::map<std::string, SystemTime> deadlines_;  ///< Of ReplicaSets: the earliest until now.
  int faults_for_ = 0;                           ///< Seconds.
  std::vector<std::string> trace_;
  std::string wrong_;
};

}  // namespace sluice::sim
