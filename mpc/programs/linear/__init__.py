"""Linear predictors other than the logistic one: ridge, Poisson and softmax regression on shares."""
