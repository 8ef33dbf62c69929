// SPDX-License-Identifier: Apache-2.0
#include "machine/thread_team.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>

#include "base/error.hpp"

namespace opgauge {
namespace {

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool bind_to(int cpu) {
  cpu_set_t* const set = CPU_ALLOC(static_cast<size_t>(cpu) + 1);
  const size_t bytes = CPU_ALLOC_SIZE(static_cast<size_t>(cpu) + 1);
  CPU_ZERO_S(bytes, set);
  CPU_SET_S(static_cast<size_t>(cpu), bytes, set);
  const bool done = ::pthread_setaffinity_np(::pthread_self(), bytes, set) == 0;
  CPU_FREE(set);
  return done;
}

}  // namespace

ThreadTeam::ThreadTeam(const std::vector<int>& cpus) : start_s_(cpus.size()), end_s_(cpus.size()) {
  for (size_t i = 0; i < cpus.size(); ++i) {
    threads_.emplace_back([this, i, cpu = cpus[i]] { serve(static_cast<int>(i), cpu); });
  }
}

ThreadTeam::~ThreadTeam() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  begin_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

double ThreadTeam::run(int count, const std::function<void(int)>& work) {
  OPGAUGE_CHECK(count >= 1 && count <= size(), "more threads than the team has");
  std::unique_lock lock(mutex_);
  work_ = &work;
  count_ = running_ = count;
  arrived_ = 0;
  ++round_;
  begin_.notify_all();
  done_.wait(lock, [&] { return running_ == 0; });
  return *std::max_element(end_s_.begin(), end_s_.begin() + count) -
         *std::min_element(start_s_.begin(), start_s_.begin() + count);
}

void ThreadTeam::serve(int index, int cpu) {
  if (!bind_to(cpu)) bound_ = false;
  long seen = 0;
  for (;;) {
    const std::function<void(int)>* work = nullptr;
    int count = 0;
    {
      std::unique_lock lock(mutex_);
      begin_.wait(lock, [&] { return stop_ || (round_ != seen && index < count_); });
      if (stop_) return;
      seen = round_;
      work = work_;
      count = count_;
    }
    ++arrived_;
    // Others may need this CPU to arrive: yield now and then.
    for (int spins = 1; arrived_ < count; ++spins) {
      if (spins % 1024 == 0) ::sched_yield();
    }
    const size_t at = static_cast<size_t>(index);
    start_s_[at] = now_s();
    (*work)(index);
    end_s_[at] = now_s();
    {
      const std::lock_guard lock(mutex_);
      if (--running_ == 0) done_.notify_one();
    }
  }
}

}  // namespace opgauge
