#pragma once

// The Crew is the controller as a world sees it: one process that always leads, or several that
// elect one by a Lease. They may die, stand still, be cut off, be ended in good order and have
// clocks that are wrong; whoever is gone is followed by another one.
//
// It holds a rule over all of them: only who holds the Lease writes, and while somebody could lead
// somebody does.

#include "tests/controller/process.h"
#include "tests/fakes/dice.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sluice::sim {

class Crew {
 public:
  /// `world` and `dice` must outlive it.
  Crew(controller::test::ControllerWorld& world, Dice& dice, size_t size);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void start();

  /// The end of a second: who died is followed, who is to thaw thaws, and it is seen who leads.
  void tick();

  bool elects() const { return size_ > 1; }

  // ---- for the API on its way

  void set_rates(controller::test::FaultRates rates);

  const controller::test::FaultRates& rates() const { return rates_; }

  /// As FaultyStore's, of whoever writes next.
  void let_precede(controller::test::FaultyStore::Rival rival);

  // ---- for what happens to them

  /// Whoever leads dies when so many more writes are done.
  void die_after(size_t writes);
  void freeze(int seconds);
  void cut_off(int seconds);
  /// Writes to the Lease fail, of one or of all.
  void refuse_leases(int seconds, bool of_all);
  void hand_over();
  /// All of them end, something happens, and others begin.
  void replace_all(const std::function<void()>& meanwhile);
  void set_clock(int seconds);
  /// All of that is over.
  void heal();

  // ---- for who watches

  /// What time it is to whoever leads, or led last: another leader may be a clock that is set.
  const Clock& clock() const { return clock_; }

  /// The change that is being told is the controller's doing.
  bool is_writing() const;
  /// So far, but for those of the Lease.
  size_t writes() const;
  /// Somebody leads, and runs.
  bool acts() const;

  /// Nobody is cut off, so that whoever leads sees the cluster as it is.
  bool knows() const;

  /// In the last second somebody died or ended, or somebody else began to lead.
  bool has_changed() const { return died_ || changed_; }

  bool has_died() const { return died_; }

  int terms() const { return terms_; }

  controller::test::Process& process(size_t index) { return *members_[index].process; }

  std::string reasons();

  const std::vector<std::string>& violations() const { return violations_; }

  /// What happened to whom, since it was asked last.
  std::vector<std::string> take_news();

 private:
  /// A process, and what holds it up.
  struct Member {
    std::unique_ptr<controller::test::Process> process;
    int frozen_for = 0;   ///< Seconds.
    int cut_off_for = 0;  ///< The same.
    int refused_for = 0;
    /// For so many seconds nothing has kept it from leading.
    int able_for = 0;
  };

  class LeaderClock : public Clock {
   public:
    LeaderClock(const Crew& crew, FakeClock& world) : crew_(crew), world_(world) {}

    SystemTime system_now() const override;

    SteadyTime steady_now() const override { return world_.steady_now(); }

    TimerId call_at(SteadyTime deadline, std::function<void()> action) override {
      return world_.call_at(deadline, std::move(action));
    }

    void cancel(TimerId timer) override { world_.cancel(timer); }

   private:
    const Crew& crew_;
    FakeClock& world_;
    mutable Duration wrong_by_{};  ///< The wall clock of who led last.
  };

  void begin(Member& member);
  void follow(Member& member);
  void set_up_line(Member& member);
  void look();
  void note_lease(const local::Change& change);
  void check_author(const local::Change& change);
  Member& some();
  const Member* leader() const;
  Member* leader();

  controller::test::ControllerWorld& world_;
  Dice& dice_;
  LeaderClock clock_;
  size_t size_;
  controller::test::FaultRates rates_;
  controller::test::FaultyStore::Rival rival_;
  std::vector<Member> members_;
  size_t begun_ = 0;  ///< Processes so far.
  size_t writes_ = 0;
  std::string holder_;  ///< By the Lease.
  std::string led_by_;
  int terms_ = 0;
  int leaderless_for_ = 0;
  bool changed_ = false;
  bool died_ = false;
  std::shared_ptr<void> observer_;
  std::vector<std::string> news_;
  std::vector<std::string> violations_;
};

}  // namespace sluice::sim
