// SPDX-License-Identifier: Apache-2.0
// Threads bound to given CPUs that start a piece of work together, so that the time of all of them
// can be taken.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace opgauge {

class ThreadTeam {
 public:
  // One thread for each CPU number. Where binding is refused the thread floats; `bound` says so.
  explicit ThreadTeam(const std::vector<int>& cpus);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return static_cast<int>(threads_.size()); }
  bool bound() const { return bound_; }

  // Runs work(i) on the first `count` threads and waits. Returns the seconds from the first start
  // to the last end; they meet before they start. `work` must not throw.
  double run(int count, const std::function<void(int)>& work);

 private:
  void serve(int index, int cpu);

  std::vector<std::thread> threads_;
  std::vector<double> start_s_, end_s_;
  std::atomic<bool> bound_{true};
  std::mutex mutex_;
  std::condition_variable begin_, done_;
  const std::function<void(int)>* work_ = nullptr;
  int count_ = 0;    // of this round
  int running_ = 0;  // that have not finished it
  long round_ = 0;
  bool stop_ = false;
  std::atomic<int> arrived_{0};
};

}  // namespace opgauge
