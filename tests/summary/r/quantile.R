# Quantiles of kinds 2 and 7 for test_quantile.py. Run in this folder: Rscript quantile.R > quantile.json
number <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
probabilities <- c(0, 0.025, 0.1, 0.25, 1 / 3, 0.5, 0.6, 2 / 3, 0.7, 0.75, 0.9, 0.975, 1)
set.seed(20240101)
samples <- list(
  one = 4.2, two = c(1, 2), equal = c(3, 3, 3, 3), ties = c(1, 1, 2, 2, 2, 5, 9, 9),
  ten = c(12, 7, 3, 25, 8, 8, 19, 2, 14, 11), negative = c(-2.5, -0.1, 0, 0.3, 1e-3),
  days = as.numeric(sample(0:400, 61, replace = TRUE)), fractions = round(rexp(30, 0.1), 2)
)
entry <- function(name) {
  x <- samples[[name]]
  sprintf(
    '    {"name": "%s", "values": %s,\n     "kind_2": %s,\n     "kind_7": %s}', name, number(x),
    number(quantile(x, probabilities, type = 2, names = FALSE)),
    number(quantile(x, probabilities, type = 7, names = FALSE))
  )
}
cat("{\n", sprintf('  "made_with": "%s",\n', R.version.string), sprintf('  "probabilities": %s,\n', number(probabilities)),
  '  "samples": [\n', paste(vapply(names(samples), entry, ""), collapse = ",\n"), "\n  ]\n}\n", sep = "")
