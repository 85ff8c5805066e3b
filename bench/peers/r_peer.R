# R's packages survival and cmprsk: Rscript r_peer.R PACKAGE TASK FILE ROWS. The lines it writes are those of clock.py.
arguments <- commandArgs(trailingOnly = TRUE)
package <- arguments[1]; task <- arguments[2]; path <- arguments[3]; rows <- as.integer(arguments[4])
suppressMessages(library(package, character.only = TRUE))
covariates <- paste0("x", 1:10)
names <- c("time", "entry", "event", "cause", "group", covariates)
n <- file.size(path) / 8 / length(names)
data <- as.data.frame(matrix(readBin(path, "double", n * length(names)), n, dimnames = list(NULL, names)))[seq_len(rows), ]
landmarks <- c(365, 1825, 3650)
right <- paste(covariates, collapse = " + ")

of_cox <- function(fit) list(coef = coef(fit), std_err = sqrt(diag(vcov(fit))))
# Rows in the order of the groups and, within them, of the landmarks.
of_curves <- function(fit) {
  at <- summary(fit, times = landmarks, extend = TRUE)
  list(estimate = at$surv, lower = at$lower, upper = at$upper)
}
weighted <- function(d) {
  d$state <- factor(d$cause, 0:2)
  long <- finegray(as.formula(paste("Surv(time, state) ~", right)), d, etype = "1")
  coxph(as.formula(paste("Surv(fgstart, fgstop, fgstatus) ~", right)), long, weights = fgwt, ties = "breslow")
}
tasks <- list(
  kaplan_meier = function(d) of_curves(survfit(Surv(time, event) ~ group, d)),
  log_rank = function(d) list(chi_squared = survdiff(Surv(time, event) ~ group, d)$chisq),
  cox = function(d) of_cox(coxph(as.formula(paste("Surv(time, event) ~", right)), d)),
  start_stop = function(d) of_cox(coxph(as.formula(paste("Surv(entry, time, event) ~", right)), d)),
  fine_gray = function(d) {
    if (package == "survival") return(list(coef = coef(weighted(d))))
    fit <- crr(d$time, d$cause, as.matrix(d[covariates]), failcode = 1, gtol = 1e-9)
    list(coef = fit$coef, std_err = sqrt(diag(fit$var)))
  }
)

# The most resident memory since the last reset, in MB; Linux alone tells.
resident <- function(reset) tryCatch({
  if (reset) cat("5", file = "/proc/self/clear_refs")
  line <- grep("^VmHWM", readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) * 1024 / 1e6
}, error = function(e) NA, warning = function(w) NA)

invisible(tasks[[task]](data[seq_len(min(rows, 400)), ]))
invisible(gc())
before <- resident(TRUE)
seconds <- c(); processor <- c(); peak <- NA
while (length(seconds) == 0 || (sum(seconds) < 1 && length(seconds) < 5)) {
  taken <- system.time(answer <- tasks[[task]](data))
  seconds <- c(seconds, taken[["elapsed"]])
  processor <- c(processor, taken[["user.self"]] + taken[["sys.self"]])
  if (is.na(peak)) peak <- resident(FALSE)
}
cat("version", as.character(packageVersion(package)), "of R", as.character(getRversion()), "\n")
cat("seconds", seconds, "\n")
cat("processor", processor, "\n")
if (!is.na(before) && !is.na(peak)) cat("memory", max(peak - before, 0), "\n")
for (name in names(answer)) cat("answer", name, format(unname(answer[[name]]), digits = 17, trim = TRUE), "\n")
