;; Measures patterns of core.async that runnel has too. Each pattern is a
;; function of n that does n operations, waits for their end and returns how
;; many values came out, which is checked. A pattern is warmed, then timed in
;; rounds; a line of JSON holds the median and the least time per operation.

(ns bench
  (:require [clojure.core.async :as a
             :refer [<! <!! >! >!! alts! alts!! chan go offer! poll! thread]]))

(set! *warn-on-reflection* true)

(def rounds (Long/parseLong (first *command-line-args*)))
(def scale (Long/parseLong (second *command-line-args*)))

;; Both sides in go blocks.

(defn stream-go [c ^long n]
  (go (loop [i 0]
        (when (< i n)
          (>! c i)
          (recur (inc i)))))
  (<!! (go (loop [i 0]
             (if (< i n)
               (do (<! c) (recur (inc i)))
               i)))))

(defn ping-pong-go [^long n]
  (let [there (chan) back (chan)]
    (go (loop [i 0]
          (when (< i n)
            (>! back (<! there))
            (recur (inc i)))))
    (<!! (go (loop [i 0]
               (if (< i n)
                 (do (>! there i) (<! back) (recur (inc i)))
                 i))))))

;; Both sides in threads.

(defn stream-threads [c ^long n]
  (thread (dotimes [i n] (>!! c i)))
  (<!! (thread (loop [i 0]
                 (if (< i n)
                   (do (<!! c) (recur (inc i)))
                   i)))))

(defn ping-pong-threads [^long n]
  (let [there (chan) back (chan)]
    (thread (dotimes [_ n] (>!! back (<!! there))))
    (<!! (thread (loop [i 0]
                   (if (< i n)
                     (do (>!! there i) (<!! back) (recur (inc i)))
                     i))))))

;; One thread.

(defn offer-poll [^long n]
  (let [c (chan 64)]
    (loop [i 0 got 0]
      (if (< i n)
        (do (offer! c i) (recur (inc i) (if (nil? (poll! c)) got (inc got))))
        got))))

(defn put-full [buffer ^long n]
  (let [c (chan buffer)]
    (dotimes [i 64] (offer! c i))
    (loop [i 0 taken 0]
      (if (< i n)
        (recur (inc i) (if (offer! c i) (inc taken) taken))
        taken))))

;; Select over k channels that all hold a value; the one taken is refilled.

(defn filled [k]
  (let [cs (vec (repeatedly k #(chan 1)))]
    (doseq [c cs] (>!! c 1))
    cs))

(defn alts-ready-go [k ^long n]
  (let [cs (filled k)]
    (<!! (go (loop [i 0]
               (if (< i n)
                 (let [[v c] (alts! cs)]
                   (>! c v)
                   (recur (inc i)))
                 i))))))

(defn alts-ready-threads [k ^long n]
  (let [cs (filled k)]
    (loop [i 0]
      (if (< i n)
        (let [[v c] (alts!! cs)]
          (>!! c v)
          (recur (inc i)))
        i))))

;; Shapes.

(defn mult-to [taps ^long n]
  (let [source (chan 64)
        m (a/mult source)
        counts (mapv (fn [_]
                       (let [c (chan 64)]
                         (a/tap m c)
                         (go (loop [i 0]
                               (if (nil? (<! c)) i (recur (inc i)))))))
                     (range taps))]
    (go (loop [i 0]
          (if (< i n)
            (do (>! source i) (recur (inc i)))
            (a/close! source))))
    (quot ^long (reduce + (map <!! counts)) ^long taps)))

(defn pipeline-of [workers ^long n]
  (let [in (chan 64) out (chan 64)]
    (a/pipeline workers out (map inc) in)
    (go (loop [i 0]
          (if (< i n)
            (do (>! in i) (recur (inc i)))
            (a/close! in))))
    (<!! (go (loop [i 0]
               (if (nil? (<! out)) i (recur (inc i))))))))

(def patterns
  [["spsc-64" "go" 200000 #(stream-go (chan 64) %)]
   ["spsc-64" "threads" 200000 #(stream-threads (chan 64) %)]
   ["unbuffered-stream" "go" 200000 #(stream-go (chan) %)]
   ["unbuffered-stream" "threads" 20000 #(stream-threads (chan) %)]
   ["ping-pong" "go" 100000 ping-pong-go]
   ["ping-pong" "threads" 10000 ping-pong-threads]
   ["offer-poll" "one thread" 1000000 offer-poll]
   ["alts-ready-2" "go" 200000 #(alts-ready-go 2 %)]
   ["alts-ready-2" "threads" 200000 #(alts-ready-threads 2 %)]
   ["alts-ready-4" "go" 200000 #(alts-ready-go 4 %)]
   ["alts-ready-4" "threads" 200000 #(alts-ready-threads 4 %)]
   ["alts-ready-16" "go" 200000 #(alts-ready-go 16 %)]
   ["alts-ready-16" "threads" 200000 #(alts-ready-threads 16 %)]
   ["alts-ready-64" "go" 100000 #(alts-ready-go 64 %)]
   ["alts-ready-64" "threads" 100000 #(alts-ready-threads 64 %)]
   ["sliding-full" "one thread" 2000000 #(put-full (a/sliding-buffer 64) %)]
   ["dropping-full" "one thread" 2000000 #(put-full (a/dropping-buffer 64) %)]
   ["mult-8" "go" 20000 #(mult-to 8 %)]
   ["pipeline-4" "go" 20000 #(pipeline-of 4 %)]])

(defn timed [f ^long n]
  (let [began (System/nanoTime)
        got (f n)
        took (- (System/nanoTime) began)]
    (when (not= got n)
      (throw (ex-info "values were lost" {:sent n :received got})))
    (/ (double took) n)))

(defn warm [f n]
  (let [until (+ (System/nanoTime) (quot 3000000000 ^long scale))]
    (loop [i 0]
      (when (or (< i 3) (< (System/nanoTime) until))
        (timed f n)
        (recur (inc i))))))

(doseq [[name kind n f] patterns]
  (let [n (quot ^long n ^long scale)]
    (warm f n)
    (let [times (sort (repeatedly rounds #(timed f n)))]
      (println (format "{\"name\":\"%s\",\"kind\":\"%s\",\"median\":%.1f,\"min\":%.1f,\"rounds\":%d}"
                       name kind (nth times (quot rounds 2)) (first times) rounds))
      (flush))))
(shutdown-agents)
(System/exit 0)
