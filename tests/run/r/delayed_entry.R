# Survival from diagnosis of patients who entered at their operation: 80 drawn patients (no real ones) and R's answers,
# for test_delayed_entry.py. One dies on the day of the operation: half a day later, since nobody is at risk on the day
# of entry itself. No two die at one time, so that the score test of the Cox model is the log-rank test.
# Run in this folder: Rscript delayed_entry.R > delayed_entry.json
suppressMessages(library(survival))
set.seed(20240508); n <- 80
arm <- rep(c("a", "b"), length.out = n); sex <- rep(c("F", "F", "M"), length.out = n)
dx <- as.Date("2005-01-01") + sample(0:3000, n)
op <- dx + c(0, sample(10:1500, n - 1, replace = TRUE))
life <- round(rexp(n, ifelse(arm == "a", 1 / 1500, 1 / 900))) + 1; life[2] <- 0
cens <- sample(200:3500, n, replace = TRUE); cens[2] <- 400
died <- life <= cens; end <- op + pmin(life, cens)
while (anyDuplicated(as.numeric(end - dx)[died])) { i <- which(died)[duplicated(as.numeric(end - dx)[died])]; end[i] <- end[i] + 1 }
d <- data.frame(id = seq_len(n), arm, sex, dx, op, death = ifelse(died, format(end), ""), seen = format(end))
write.csv(d, "delayed_entry.csv", row.names = FALSE, quote = FALSE)
start <- as.numeric(op - dx); stop <- as.numeric(end - dx); stop <- ifelse(stop == start, stop + 0.5, stop)
S <- Surv(start, stop, died); number <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
at <- c(2, 5) * 365.25
one <- function(keep) {
  k <- summary(survfit(S[keep] ~ 1, conf.type = "log-log"), times = at)
  sprintf('{"survival": %s, "low": %s, "high": %s, "std_error": %s, "at_risk": %s}', number(k$surv), number(k$lower), number(k$upper), number(k$std.err), number(k$n.risk))
}
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
c1 <- coxph(S ~ I(arm == "b"), control = tight, ties = "efron"); s1 <- summary(c1)
c2 <- coxph(S ~ I(arm == "b") + strata(sex), control = tight)
c3 <- coxph(S ~ I(arm == "b") * strata(sex), control = tight)
z <- cox.zph(c1, transform = "km")
cat("{\n", sprintf('  "made_with": "%s, survival %s",\n', R.version.string, packageVersion("survival")),
  sprintf('  "a": %s,\n  "b": %s,\n', one(arm == "a"), one(arm == "b")),
  sprintf('  "person_days": %s,\n', number(sum(stop - start))),
  sprintf('  "ratio": %s,\n', number(s1$conf.int[1, c(1, 3, 4)])), sprintf('  "wald_p": %s,\n', number(s1$coefficients[1, 5])),
  sprintf('  "score": %s,\n', number(c1$score)), sprintf('  "zph_p": %s,\n', number(z$table[1, 3])),
  sprintf('  "interaction_p": %s\n', number(pchisq(2 * (c3$loglik[2] - c2$loglik[2]), 1, lower.tail = FALSE))), "}\n", sep = "")
