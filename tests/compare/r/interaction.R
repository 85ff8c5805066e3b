# Interaction of groups with strata in a Cox model, for test_interaction.py. The data: colon.csv of the colon example
# (examples/colon/data, from the R package survival), a row a patient by etype.
# Run in this folder: Rscript interaction.R > interaction.json
suppressMessages(library(survival))
d <- read.csv("../../../examples/colon/data/colon.csv")
number <- function(x) sprintf("%.17g", x)
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
entry <- function(etype, group, stratum) {
  e <- d[d$etype == etype, ]; e <- e[!is.na(e[[group]]) & !is.na(e[[stratum]]), ]; e$g <- factor(e[[group]]); e$s <- factor(e[[stratum]])
  a <- coxph(Surv(time, status) ~ g + strata(s), e, control = tight); b <- coxph(Surv(time, status) ~ g * strata(s), e, control = tight)
  x <- 2 * (b$loglik[2] - a$loglik[2]); df <- sum(!is.na(coef(b))) - sum(!is.na(coef(a)))
  v <- anova(a, b); stopifnot(abs(v$Chisq[2] - x) < 1e-8, v$Df[2] == df)
  sprintf('    {"etype": %d, "group": "%s", "stratum": "%s", "n": %d, "chi_squared": %s, "df": %d, "p": %s}', etype, group, stratum, nrow(e), number(x), df, number(pchisq(x, df, lower.tail = FALSE)))
}
cat("{\n", sprintf('  "made_with": "%s, survival %s",\n', R.version.string, packageVersion("survival")), '  "interaction": [\n',
  paste(c(entry(2, "node4", "rx"), entry(1, "node4", "rx"), entry(2, "rx", "node4"), entry(1, "rx", "sex"), entry(2, "rx", "differ")), collapse = ",\n"), "\n  ]\n}\n", sep = "")
